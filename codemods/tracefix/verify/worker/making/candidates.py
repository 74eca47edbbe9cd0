"""A candidate for an example: the values of a constructor's and of forward's arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tracefix.verify.recipe import Argument, Recipe
from tracefix.verify.worker.making.values import Fields, Value

Slot = tuple[str, ...]  # a parameter, and the settings below it: ("cfg", "model", "width")
Given = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Candidate:
    """Values by parameter, those at their default left out; `cost` grows with each repair."""

    size: int
    construct: Given
    inputs: Given
    cost: float = 0.0

    def slots(self) -> Iterator[tuple[Slot, Value]]:
        """Every value of the constructor's that can be changed by itself."""
        for name, value in self.construct:
            yield from _below((name,), value)

    def with_slot(self, slot: Slot, value: Value, cost: float) -> Candidate:
        """The same with another value for one of the constructor's."""
        given = dict(self.construct)
        given[slot[0]] = _put(given.get(slot[0], Fields()), slot[1:], value)
        return replace(self, construct=tuple(given.items()), cost=self.cost + cost)

    def with_input(self, name: str, value: Value, cost: float) -> Candidate:
        """The same with another value for one of forward's."""
        given = {**dict(self.inputs), name: value}
        return replace(self, inputs=tuple(given.items()), cost=self.cost + cost)

    def recipe(self, by_position: frozenset[str], origin: str = "made") -> Recipe:
        """The same as text; `by_position` are the inputs that are not given by name."""
        return Recipe(
            origin,
            tuple(Argument(value.text, name) for name, value in self.construct),
            tuple(Argument(v.text, name, name not in by_position) for name, v in self.inputs),
        )


def _below(slot: Slot, value: Value) -> Iterator[tuple[Slot, Value]]:
    yield slot, value
    if isinstance(value, Fields):
        for name, inner in value.items:
            yield from _below((*slot, name), inner)


def _put(value: Value, path: Slot, new: Value) -> Value:
    if not path:
        return new
    inside = value if isinstance(value, Fields) else Fields()
    return inside.having(path[0], _put(dict(inside.items).get(path[0], Fields()), path[1:], new))
