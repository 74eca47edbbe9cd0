"""Loops that count through all layers of a list: `for i in range(len(self.layers))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.jumps import jumps
from tracefix.facts.layer_lists import LISTS, container_of, is_full_count
from tracefix.facts.literals import literal_int
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class LayerLoop:
    """A loop with the lists that it counts through, and each place that picks a layer of one."""

    node: ast.For
    lists: Mapping[str, list[ast.Subscript]]  # by attribute of self, in text order
    counts: bool  # whether something else reads the counter


def layer_loops(facts: Facts) -> Iterator[LayerLoop]:
    """The loops that a loop over the layers can stand for."""
    for loop in facts.in_forward(ast.For):
        assert isinstance(loop, ast.For)
        found = _read(loop, facts)
        if found is not None:
            yield found


def _read(loop: ast.For, facts: Facts) -> LayerLoop | None:
    count = _count(loop.iter, facts)
    if count is None or not isinstance(loop.target, ast.Name) or loop.orelse:
        return None
    if any(jumps(loop.body)) or _rebinds(loop, loop.target.id):
        return None
    lists: dict[str, list[ast.Subscript]] = {}
    for node in (n for statement in loop.body for n in walk(statement)):
        if isinstance(node, ast.Subscript) and _picks(node, loop.target.id, count, facts):
            assert isinstance(node.value, ast.Attribute)
            lists.setdefault(node.value.attr, []).append(node)
    if not lists:
        return None
    replaced = {n for picks in lists.values() for pick in picks for n in walk(pick)}
    function = facts.unit.function_of(loop)
    assert function is not None
    reads = (n for n in facts.flow(function).readers(loop.target) if n not in replaced)
    return LayerLoop(loop, lists, any(reads))


def _count(over: ast.expr, facts: Facts) -> ast.expr | None:
    """`n` of `range(n)` and `range(0, n)`."""
    if not isinstance(over, ast.Call) or facts.unit.resolve(over.func) != "range":
        return None
    if len(over.args) == 2 and literal_int(over.args[0]) == 0:
        return over.args[1]
    return over.args[0] if len(over.args) == 1 else None


def _rebinds(loop: ast.For, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
        for statement in loop.body
        for n in walk(statement)
    )


def _picks(node: ast.Subscript, counter: str, count: ast.expr, facts: Facts) -> bool:
    """Whether a node is `self.layers[i]` of a list that the loop goes through as a whole."""
    if not isinstance(node.slice, ast.Name) or node.slice.id != counter:
        return False
    if not isinstance(node.value, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return False
    return container_of(node.value, facts) in LISTS and is_full_count(count, node.value, facts)
