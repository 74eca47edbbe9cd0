"""Tensors inside of tuples, lists, dicts, dataclasses and the like."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

Change = Callable[[torch.Tensor], torch.Tensor]


def map_tensors(change: Change, value: Any) -> Any:
    """`value` built anew with every tensor changed; one that occurs twice is changed once."""
    return _map(change, value, {})


def clone(value: Any) -> Any:
    """`value` with tensors of its own, so that in-place changes do not reach the first."""
    return map_tensors(_clone, value)


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in `value`, each once, in order."""
    found: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        found.append(tensor)
        return tensor

    map_tensors(keep, value)
    return iter(found)


def _clone(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.is_leaf or not tensor.requires_grad:
        return tensor.detach().clone().requires_grad_(tensor.requires_grad)
    return tensor.clone()


def _map(change: Change, value: Any, seen: dict[int, Any]) -> Any:
    if id(value) in seen:
        return seen[id(value)][1]
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, torch.Size)):
        return value
    made = change(value) if isinstance(value, torch.Tensor) else _rebuild(change, value, seen)
    seen[id(value)] = (value, made)  # the value too, lest its id be given to another
    return made


def _rebuild(change: Change, value: Any, seen: dict[int, Any]) -> Any:
    made: Any
    if isinstance(value, PackedSequence):
        return value._replace(data=_map(change, value.data, seen))
    if isinstance(value, (tuple, list, set, frozenset)):
        items = [_map(change, item, seen) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        made = copy.copy(value)
        for key, item in value.items():
            made[key] = _map(change, item, seen)
        return made
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        made = copy.copy(value)
        for field in dataclasses.fields(value):
            object.__setattr__(made, field.name, _map(change, getattr(value, field.name), seen))
        return made
    return value
