"""Lists that grow by a known number of elements, and of which a tuple is made in the end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.bindings import loads, only_assignment
from tracefix.facts.list_uses import append_to, is_item
from tracefix.facts.literals import literal_int
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class GrownTuple:
    """`name = [...]`, then `name.append(...)` without a loop, then `tuple(name)`."""

    name: str
    start: ast.List
    appends: tuple[ast.Expr, ...]
    tuples: tuple[ast.Call, ...]


def grown_tuples(facts: Facts) -> tuple[GrownTuple, ...]:
    """Those that a function gives back, in what forward reaches."""
    return tuple(
        grown
        for function in facts.forward_functions
        for node in walk(function)
        if isinstance(node, ast.Return) and node.value is not None
        for grown in _returned(node.value, function, facts)
    )


def _returned(value: ast.expr, function: FunctionNode, facts: Facts) -> Iterator[GrownTuple]:
    for part in value.elts if isinstance(value, ast.Tuple) else [value]:
        name = _made_tuple(part, facts)
        assignment = only_assignment(function, name.id) if name is not None else None
        if name is not None and assignment is not None:
            found = _grown(name.id, assignment, function, facts)
            if found is not None and found.tuples[0] is part:
                yield found


def _grown(
    name: str, assignment: ast.Assign, function: FunctionNode, facts: Facts
) -> GrownTuple | None:
    start = assignment.value
    if not isinstance(start, ast.List) or any(isinstance(e, ast.Starred) for e in start.elts):
        return None
    if not _runs_once(assignment, function, facts):
        return None
    appends: list[ast.Expr] = []
    tuples: list[ast.Call] = []
    for mention in loads(function, name):
        above = facts.unit.parents[mention]
        append = append_to(mention, facts.unit)
        statement = facts.unit.parents[append] if append is not None else None
        if isinstance(statement, ast.Expr) and _runs_once(statement, function, facts):
            appends.append(statement)
        elif isinstance(above, ast.Call) and _made_tuple(above, facts) is mention:
            tuples.append(above)
        elif not isinstance(above, ast.Subscript) or not is_item(above, mention):
            return None  # what else is done with it may need a list
        elif literal_int(above.slice) is None:
            return None  # a tuple wants an index that the compiler knows
    return GrownTuple(name, start, tuple(appends), tuple(tuples))


def _made_tuple(node: ast.expr, facts: Facts) -> ast.Name | None:
    """`name` of `tuple(name)`."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    given = node.args[0]
    named = isinstance(given, ast.Name) and facts.unit.resolve(node.func) == "tuple"
    return given if isinstance(given, ast.Name) and named else None


def _runs_once(statement: ast.stmt, function: FunctionNode, facts: Facts) -> bool:
    """Whether nothing but branches and with-blocks stand around a statement of the function."""
    above = facts.unit.parents[statement]
    while above is not function:
        if not isinstance(above, ast.If | ast.With):
            return False
        above = facts.unit.parents[above]
    return True
