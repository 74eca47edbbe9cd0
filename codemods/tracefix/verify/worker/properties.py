"""What the properties of a module give: TorchScript compiles them, also those that no run reads."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import torch

from tracefix.verify.worker.compare import Comparison
from tracefix.verify.worker.patience import TooLong, at_most
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.snapshot import Node, snapshot

_SECONDS = 1.0  # for all of them


def stable(model: Any, places: Places, comparison: Comparison) -> dict[str, Node]:
    """What each property gives, by `path.name`, of those that give the same twice."""
    first, again = properties(model, places), properties(model, places)
    return {
        name: node
        for name, node in first.items()
        if name in again and comparison.difference(node, again[name]) is None
    }


def properties(model: Any, places: Places) -> dict[str, Node]:
    """What each property of the project's classes gives, or the exception that it raises."""
    found: dict[str, Node] = {}
    try:
        with at_most(_SECONDS), torch.no_grad():
            for path, module, name in _named(model, places):
                found[f"{path}.{name}" if path else name] = _read(module, name)
    except TooLong:
        pass  # what was read until then is compared
    return found


def _named(model: Any, places: Places) -> Iterator[tuple[str, torch.nn.Module, str]]:
    if not isinstance(model, torch.nn.Module):
        return
    for path, module in model.named_modules():
        for cls in type(module).__mro__:
            file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
            if places.inside(file):
                for name, member in vars(cls).items():
                    if isinstance(member, property):
                        yield path, module, name


def _read(module: torch.nn.Module, name: str) -> Node:
    try:
        return snapshot(getattr(module, name))
    except Exception as error:
        return {"kind": "plain", "type": "raised", "value": type(error).__name__}
