"""A TorchScript function as it is after it went through a file."""

from __future__ import annotations

import copy
import inspect
import io
from dataclasses import replace
from typing import Any

import torch

from tracefix.verify.worker.inputs import Inputs

State = dict[str, torch.Tensor]
_WEIGHTS_OF_RNN = "_flat_weights"
_LARGE = 1 << 20  # bytes


class Captured:
    """A saved and loaded function. It is never run itself: `instance` gives copies."""

    def __init__(
        self,
        function: Any,
        signature: inspect.Signature | None = None,
        state: State | None = None,
        *,
        whole: bool = True,
        graph: Any = None,
    ) -> None:
        """Save and load `function`; what large tensors hold goes through the file if `whole`."""
        self.graph = graph  # of a trace, as it was recorded
        kept = {} if whole else _taken_out(function)
        stream = io.BytesIO()
        torch.jit.save(function, stream)
        stream.seek(0)
        self._loaded: Any = torch.jit.load(stream)  # type: ignore[no-untyped-call]
        self._signature = signature
        _put_back(self._loaded, kept)
        _restore(self._loaded, state or {})

    def instance(self) -> Any:
        """A copy that shares the compiled code and not the state."""
        return copy.deepcopy(self._loaded)

    def on_meta(self) -> Any:
        """A copy after `.to("meta")`, which torch's own method fails at for loaded modules."""
        moved = self.instance()
        for module in moved.modules():
            empty: dict[int, torch.Tensor] = {}
            for name, tensor in _own(module):
                there = tensor.detach().to("meta").requires_grad_(tensor.requires_grad)
                empty[tensor.data_ptr()] = there
                module._c.setattr(name, there)
            _move_list(module, empty)
        return moved

    def fitted(self, inputs: Inputs) -> Inputs:
        """The inputs with the defaults of the signature, where one was given, filled in."""
        if self._signature is None:
            return inputs
        bound = self._signature.bind(*inputs.args, **inputs.kwargs)
        bound.apply_defaults()
        return replace(inputs, args=bound.args, kwargs=bound.kwargs)


def _move_list(module: Any, moved: dict[int, torch.Tensor]) -> None:
    """The list in which a recurrent layer of torch keeps its weights once more.

    On a GPU it needs no care: there the weights themselves move, and the list holds the same ones.
    """
    if not module._c.hasattr(_WEIGHTS_OF_RNN):
        return
    listed = module._c.getattr(_WEIGHTS_OF_RNN)
    if all(tensor.data_ptr() in moved for tensor in listed):
        module._c.setattr(_WEIGHTS_OF_RNN, [moved[tensor.data_ptr()] for tensor in listed])


def state_of(model: Any) -> State:
    """Copies of every parameter and buffer, saved in checkpoints or not."""
    if not isinstance(model, torch.nn.Module):
        return {}
    return {name: tensor.detach().clone() for name, tensor in _named(model)}


def _restore(loaded: Any, state: State) -> None:
    """Recording ran the module and so moved its state: put back the state from before."""
    with torch.no_grad():
        for name, tensor in _named(loaded):
            if name in state and tensor.shape == state[name].shape:
                tensor.copy_(state[name])


def _taken_out(function: Any) -> dict[tuple[str, str], torch.Tensor]:
    """The large tensors of a module's, which hold nothing then but their shape."""
    taken: dict[tuple[str, str], torch.Tensor] = {}
    if not isinstance(function, torch.nn.Module):
        return taken
    for path, module in function.named_modules():
        if module._c.hasattr(_WEIGHTS_OF_RNN):
            continue  # they are known by their storage
        for name, tensor in _own(module):
            if tensor.layout == torch.strided and tensor.nbytes > _LARGE:
                empty = tensor.new_zeros(()).expand(tensor.shape)
                module._c.setattr(name, empty.requires_grad_(tensor.requires_grad))
                taken[path, name] = tensor
    return taken


def _put_back(loaded: Any, taken: dict[tuple[str, str], torch.Tensor]) -> None:
    if taken:
        for path, module in loaded.named_modules():
            for name, _ in _own(module):
                if (path, name) in taken:
                    module._c.setattr(name, taken[path, name])


def _own(module: Any) -> list[tuple[str, torch.Tensor]]:
    """A module's own tensors under all their names: two buffers may be one tensor."""
    every: dict[str, bool] = {"recurse": False, "remove_duplicate": False}
    return [*module.named_parameters(**every), *module.named_buffers(**every)]


def _named(model: Any) -> list[tuple[str, torch.Tensor]]:
    return [*model.named_parameters(), *model.named_buffers()]
