"""Inputs to either side of the numbers at which a model's branches turn."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

import torch

from tracefix.verify.hints import Threshold
from tracefix.verify.worker.inputs import Inputs, is_plain, is_real, real, resized
from tracefix.verify.worker.nested import Change

_LARGEST = 1 << 20  # elements of a tensor that is made longer
_LONGEST = 1 << 12
_WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def either_side(
    first: Inputs, model: Any, thresholds: tuple[Threshold, ...]
) -> Iterator[tuple[str, Inputs]]:
    """The inputs with other values, and of other sizes, so that branches go both ways."""
    seen: set[str] = set()
    for threshold in thresholds:
        bound = _number(threshold.bound, model)
        if bound is None:
            continue
        made = _sizes(first, threshold.dim, bound) if threshold.kind == "size" else None
        for name, inputs in made if made is not None else _values(first, bound):
            if name not in seen:
                seen.add(name)
                yield name, inputs


def _number(text: str, model: Any) -> int | float | None:
    """What a bound is, as a number; None where it is none."""
    if text.startswith("self."):
        value = model
        for name in text.split(".")[1:]:
            value = getattr(value, name, None)
    else:
        value = ast.literal_eval(text)
    return value if type(value) in (int, float) and math.isfinite(value) else None


def _values(first: Inputs, bound: float) -> Iterator[tuple[str, Inputs]]:
    """All reals, then all whole numbers, above a bound and below it; they stay apart."""
    step = 0.5 + abs(bound) / 2
    if any(is_real(tensor) for tensor in first.tensors()):
        yield f"values above {bound}", first.changed(real(lambda t: bound + step + t.abs()))
        yield f"values below {bound}", first.changed(real(lambda t: bound - step - t.abs()))
    whole = math.floor(bound)
    if any(_is_whole(tensor) for tensor in first.tensors()) and abs(whole) < _LONGEST:
        yield f"counts above {bound}", first.changed(_counts(lambda t: t.abs() + max(whole, 0) + 1))
        if bound > 0:
            highest = math.ceil(bound) - 1
            yield f"counts below {bound}", first.changed(_counts(lambda t: t.clamp(max=highest)))


def _sizes(first: Inputs, dim: int, bound: float) -> Iterator[tuple[str, Inputs]]:
    """Sizes in one dimension, of all tensors that are alike there, about a bound."""
    fitting = [t for t in first.tensors() if is_plain(t) and -t.dim() <= dim < t.dim()]
    if not fitting or not fitting[0].numel():
        return
    had, whole = fitting[0].shape[dim], math.floor(bound)
    for size in (whole + 1, whole, whole - 1):
        grown = max(tensor.numel() for tensor in fitting) // had * size
        if size != had and 0 < size <= _LONGEST and grown <= _LARGEST:
            yield f"size {size} in dim {dim}", first.changed(_of_size(dim, had, size))


def _of_size(dim: int, had: int, size: int) -> Change:
    def change(tensor: torch.Tensor) -> torch.Tensor:
        if not -tensor.dim() <= dim < tensor.dim():
            return tensor
        return resized(dim % tensor.dim(), had, lambda t: _cycled(t, dim, size))(tensor)

    return change


def _cycled(tensor: torch.Tensor, dim: int, size: int) -> torch.Tensor:
    """As much of the tensor, over and over, as makes that size."""
    places = torch.arange(size, device=tensor.device) % tensor.shape[dim]
    return tensor.index_select(dim % tensor.dim(), places)


def _counts(change: Change) -> Change:
    return lambda tensor: change(tensor) if _is_whole(tensor) else tensor


def _is_whole(tensor: torch.Tensor) -> bool:
    return tensor.dtype in _WHOLE and is_plain(tensor) and tensor.numel() > 0
