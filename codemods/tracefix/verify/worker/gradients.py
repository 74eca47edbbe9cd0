"""The gradients of a run's inputs and parameters."""

from __future__ import annotations

from typing import Any

import torch

from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.nested import tensors
from tracefix.verify.worker.seeds import seed
from tracefix.verify.worker.snapshot import Node, snapshot
from tracefix.verify.worker.widths import checked_widths


def gradients(model: Any, given: Inputs, of_inputs: bool) -> Node | None:
    """The gradients of a weighted sum of the outputs; None where none can be taken.

    Without `of_inputs` those of the parameters alone, for modules that refuse inputs
    which require a gradient.
    """
    inputs = given.copy()
    sources: dict[str, torch.Tensor] = {}
    if of_inputs:
        inputs = _tracked(inputs, sources)
    if isinstance(model, torch.nn.Module):
        sources.update((n, p) for n, p in model.named_parameters() if p.requires_grad)
    seed()
    try:
        with torch.enable_grad(), checked_widths(model):
            total = _weighted_sum(inputs.called(model)(*inputs.args, **inputs.kwargs))
            if total is None or not sources:
                return None
            found = torch.autograd.grad(total, list(sources.values()), allow_unused=True)
    except Exception:
        return None
    return snapshot(
        {
            name: torch.zeros_like(source) if gradient is None else gradient.detach()
            for (name, source), gradient in zip(sources.items(), found, strict=True)
        }
    )


def exact_gradients(model: Any, given: Inputs, of_inputs: bool) -> Node | None:
    """The same in float64, which tells an error from what depth makes of rounding; None where the
    model does not run in float64."""
    if not isinstance(model, torch.nn.Module):
        return None
    return gradients(model.double(), given.changed(_widened), of_inputs)


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


def _tracked(inputs: Inputs, sources: dict[str, torch.Tensor]) -> Inputs:
    def track(tensor: torch.Tensor) -> torch.Tensor:
        if not (tensor.is_floating_point() or tensor.is_complex()):
            return tensor
        leaf = tensor.detach().requires_grad_()
        sources[f"input {len(sources)}"] = leaf
        return leaf.clone()  # no leaf: modules may write into their inputs

    return inputs.changed(track)


def _weighted_sum(output: Any) -> torch.Tensor | None:
    total = None
    for tensor in tensors(output):
        if not tensor.requires_grad:
            continue
        dense = tensor.to_dense() if tensor.layout != torch.strided else tensor
        flat = torch.view_as_real(dense).flatten() if dense.is_complex() else dense.flatten()
        # Unequal weights, so that two elements which change places are seen.
        part = (flat.double() * torch.linspace(0.5, 1.5, flat.numel(), dtype=torch.double)).sum()
        total = part if total is None else total + part
    return total
