"""The operations that a trace recorded, in order, each with the line of Python that made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

_SAID = ("prim::Constant", "prim::GetAttr")  # told by the operations that use them
_BUILT = ("prim::ListConstruct", "prim::TupleConstruct", "prim::DictConstruct")
_SMALL = 4096  # elements of a constant that are looked at one by one


@dataclass(frozen=True)
class Operation:
    """One node of a graph. Two are equal where they do the same to the same values."""

    kind: str  # "" for what the graph gives back
    operands: tuple[object, ...]
    stack: str = field(default="", compare=False)  # as torch lists it, the innermost frame first


def operations(graph: Any) -> list[Operation]:
    """What an inlined graph does, with its inner blocks, and last what it gives back."""
    reading = _Reading()
    for number, value in enumerate(graph.inputs()):
        reading.names[value.debugName()] = ("input", number)
    found = list(reading.block(graph))
    return [*found, Operation("", reading.keys(graph.outputs()))]


@dataclass
class _Reading:
    """Names each value by the operation that it came from, so that graphs can be compared."""

    names: dict[str, object] = field(default_factory=dict)
    count: int = 0

    def block(self, block: Any) -> Iterator[Operation]:
        for node in block.nodes():
            kind, outputs = node.kind(), list(node.outputs())
            if kind in _SAID:
                self.names[outputs[0].debugName()] = self._said(node)
                continue
            given = self.keys(node.inputs())
            if kind in _BUILT:
                self.names[outputs[0].debugName()] = (kind, given)
                continue
            for number, value in enumerate(outputs):
                self.names[value.debugName()] = ("operation", self.count, number)
            self.count += 1
            yield Operation(kind, given, node.sourceRange())
            yield from self._inner(node)

    def _inner(self, node: Any) -> Iterator[Operation]:
        for inner in node.blocks():
            for number, value in enumerate(inner.inputs()):
                self.names[value.debugName()] = ("inner", self.count, number)
            yield from self.block(inner)
            yield Operation("", self.keys(inner.outputs()), node.sourceRange())

    def keys(self, values: Any) -> tuple[object, ...]:
        return tuple(self.names.get(value.debugName()) for value in values)

    def _said(self, node: Any) -> object:
        if node.kind() == "prim::GetAttr":
            (of,) = self.keys(node.inputs())
            return ("attribute", of, node.s("name"))
        return constant(next(node.outputs()).toIValue())


@dataclass(frozen=True)
class Constant:
    """A value that is part of the graph, in words that are equal where the values are."""

    text: str


def constant(value: object) -> Constant:
    """`value` in words. The types are left out: a number may be a tensor as well."""
    if not isinstance(value, torch.Tensor):
        return Constant(repr(value))
    if value.numel() > _SMALL:
        return Constant(f"{value.dtype} {tuple(value.shape)} {value.double().sum().item()!r}")
    return Constant(repr(value.tolist()))
