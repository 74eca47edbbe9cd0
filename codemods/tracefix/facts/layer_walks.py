"""Loops and comprehensions that go through layers, bare, in enumerate() or in zip()."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.jumps import jumps
from tracefix.facts.layer_lists import LISTS, container_of
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

Loop = ast.For | ast.ListComp


@dataclass(frozen=True, eq=False)
class Walk:
    """`for counter, (target, ...) in enumerate(zip(sequence, ...))`, or a part of that."""

    loop: Loop
    target: ast.expr  # all of it
    over: ast.expr
    counter: ast.Name | None  # what enumerate() counts in
    pairs: tuple[tuple[ast.expr, ast.expr], ...]  # each sequence with what its elements go to

    @property
    def body(self) -> list[ast.stmt] | list[ast.expr]:
        """What is done for each element."""
        return self.loop.body if isinstance(self.loop, ast.For) else [self.loop.elt]

    def binds(self, name: str) -> bool:
        """Whether the body gives a variable another value."""
        return any(
            isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
            for part in self.body
            for n in walk(part)
        )


def walks(facts: Facts) -> Iterator[Walk]:
    """The loops that can be read so, without `else`, and comprehensions without conditions."""
    for node in facts.in_forward(ast.For, ast.ListComp):
        if isinstance(node, ast.For):
            found = None if node.orelse else _read(node, node.target, node.iter, facts)
        else:
            assert isinstance(node, ast.ListComp)
            only = node.generators[0]
            plain = len(node.generators) == 1 and not only.ifs and not only.is_async
            found = _read(node, only.target, only.iter, facts) if plain else None
        if found is not None:
            yield found


def layers_in(sequence: ast.expr, facts: Facts) -> ast.Attribute | None:
    """`self.layers` where a sequence is that list of layers, or a slice of it."""
    inner = sequence
    if isinstance(inner, ast.Subscript) and isinstance(inner.slice, ast.Slice):
        inner = inner.value
    is_list = container_of(inner, facts) in LISTS
    return inner if is_list and isinstance(inner, ast.Attribute) else None


def obstacle(walk_: Walk, facts: Facts) -> str | None:
    """Why a loop cannot count instead: it is left early, or what it binds is read behind it."""
    if isinstance(walk_.loop, ast.ListComp):
        return None
    if any(jumps(walk_.loop.body)):
        return "TorchScript writes a loop over layers out, and nothing can break out of it"
    behind = read_behind(walk_, facts)
    return None if behind is None else f"{behind} is read behind the loop"


def read_behind(walk_: Walk, facts: Facts) -> str | None:
    """A variable of the loop's target that something behind the loop may read."""
    function = facts.unit.function_of(walk_.loop)
    if isinstance(walk_.loop, ast.ListComp) or function is None:
        return None
    inside = set(walk(walk_.loop))
    for bound in (n for n in walk(walk_.target) if isinstance(n, ast.Name)):
        if any(reader not in inside for reader in facts.flow(function).readers(bound)):
            return bound.id
    return None


def _read(loop: Loop, target: ast.expr, over: ast.expr, facts: Facts) -> Walk | None:
    counter: ast.Name | None = None
    inner, given = target, over
    if is_call(given, "enumerate", facts):
        assert isinstance(given, ast.Call)
        if len(given.args) != 1 or not isinstance(target, ast.Tuple) or len(target.elts) != 2:
            return None
        if not isinstance(target.elts[0], ast.Name):
            return None
        counter, inner, given = target.elts[0], target.elts[1], given.args[0]
    if not is_call(given, "zip", facts):
        return Walk(loop, target, over, counter, ((inner, given),))
    assert isinstance(given, ast.Call)
    if not isinstance(inner, ast.Tuple) or len(inner.elts) != len(given.args):
        return None
    if any(isinstance(n, ast.Starred) for n in (*inner.elts, *given.args)):
        return None
    return Walk(loop, target, over, counter, tuple(zip(inner.elts, given.args, strict=True)))


def is_call(node: ast.expr, name: str, facts: Facts) -> bool:
    """Whether a node calls one of Python's own functions, without keywords."""
    plain = isinstance(node, ast.Call) and facts.unit.resolve(node.func) == name
    return plain and not (isinstance(node, ast.Call) and node.keywords)
