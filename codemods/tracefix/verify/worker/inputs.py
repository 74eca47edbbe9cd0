"""An example's inputs, and others made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tracefix.verify.worker.nested import Change, clone, map_tensors, tensors

FORWARD = "forward"
_SEQUENCE_DIMS = (1, 2)


@dataclass(frozen=True)
class Inputs:
    """The arguments of one call, and which method of a module takes them."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    method: str = FORWARD

    def called(self, model: Any) -> Callable[..., Any]:
        """What to call for it: the model itself, or a method other than forward."""
        return model if self.method == FORWARD else getattr(model, self.method)  # type: ignore[no-any-return]

    def function(self, model: Any) -> Callable[..., Any]:
        """The function that the call runs in the end."""
        is_module = isinstance(model, torch.nn.Module)
        return getattr(model, self.method) if is_module else model  # type: ignore[no-any-return]

    def copy(self) -> Inputs:
        """The same, with tensors of their own."""
        args, kwargs = clone((self.args, dict(self.kwargs)))
        return replace(self, args=args, kwargs=kwargs)

    def changed(self, change: Change) -> Inputs:
        """The same with every tensor changed."""
        args, kwargs = map_tensors(change, (self.args, dict(self.kwargs)))
        return replace(self, args=args, kwargs=kwargs)

    def tensors(self) -> list[torch.Tensor]:
        """Every tensor among them, in order."""
        return list(tensors((self.args, dict(self.kwargs))))


def others(first: Inputs) -> Iterator[tuple[str, Inputs]]:
    """Other values, another batch size and other lengths; not every module takes them all.

    The most telling come first: where a module is slow, the last may not get their turn.
    """
    if any(is_real(tensor) for tensor in first.tensors()):
        yield "shifted values", first.changed(real(lambda t: t * 3 - 1))
        yield "negative values", first.changed(real(lambda t: -t.abs() - 0.1))
    if any(is_sequence(tensor) for tensor in first.tensors()):
        yield "rolled integers", first.changed(whole(lambda t: t.flatten().roll(1).view_as(t)))
    if any(tensor.dim() and is_plain(tensor) for tensor in first.tensors()):
        yield "twice the batch", first.changed(resized(0, None, lambda t: torch.cat([t, t])))
    if any(is_real(tensor) for tensor in first.tensors()):
        yield "zeros", first.changed(real(torch.zeros_like))
        yield "scaled values", first.changed(real(lambda t: t * 10))
    for dim in _SEQUENCE_DIMS:
        yield from _lengths(first, dim)


def _lengths(first: Inputs, dim: int) -> Iterator[tuple[str, Inputs]]:
    sized = [tensor.shape[dim] for tensor in first.tensors() if tensor.dim() > dim]
    if not sized or sized[0] == 0:
        return
    size = sized[0]

    def longer(tensor: torch.Tensor) -> torch.Tensor:
        return torch.cat([tensor, tensor.narrow(dim, 0, 1)], dim)

    def shorter(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.narrow(dim, 0, size - 1).clone()

    yield f"longer by one in dim {dim}", first.changed(resized(dim, size, longer))
    if size > 1:
        yield f"shorter by one in dim {dim}", first.changed(resized(dim, size, shorter))


def is_plain(tensor: torch.Tensor) -> bool:
    """Whether its elements lie in memory as they are."""
    return tensor.layout == torch.strided and not tensor.is_quantized


def is_real(tensor: torch.Tensor) -> bool:
    """Whether it holds numbers with a point."""
    return tensor.is_floating_point() and is_plain(tensor) and tensor.numel() > 0


def is_sequence(tensor: torch.Tensor) -> bool:
    """Whether it holds several integers, such as tokens, lengths or places: each is one it takes."""
    if tensor.is_floating_point() or tensor.is_complex() or not is_plain(tensor):
        return False
    return tensor.numel() > 1 and not tensor.is_meta and bool((tensor != tensor.flatten()[0]).any())


def _leaf(change: Change, tensor: torch.Tensor) -> torch.Tensor:
    return change(tensor.detach()).requires_grad_(tensor.requires_grad)


def real(change: Change) -> Change:
    """`change` for tensors of reals alone."""
    return lambda tensor: _leaf(change, tensor) if is_real(tensor) else tensor


def whole(change: Change) -> Change:
    """`change` for tensors of several integers alone."""
    return lambda tensor: change(tensor) if is_sequence(tensor) else tensor


def resized(dim: int, size: int | None, change: Change) -> Change:
    """`change` for tensors of that size in a dimension; of any, where it is None."""

    def resize(tensor: torch.Tensor) -> torch.Tensor:
        if not is_plain(tensor) or tensor.dim() <= dim:
            return tensor
        return _leaf(change, tensor) if size in (None, tensor.shape[dim]) else tensor

    return resize
