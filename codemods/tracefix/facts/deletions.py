"""Variables that are deleted in a branch or a loop of what forward reaches: `del scores`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.flow import UNBOUND
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_NESTING = (ast.If, ast.For, ast.While)


@dataclass(frozen=True, eq=False)
class Deletion:
    """A `del` statement: the variables that it unbinds, and what else it deletes."""

    statement: ast.Delete
    names: tuple[ast.Name, ...]
    others: tuple[ast.expr, ...]  # `cache[0]` of `del scores, cache[0]`


def nested_deletions(facts: Facts) -> Iterator[Deletion]:
    """Those that a path through the function may pass by, in text order."""
    for statement in facts.in_forward(ast.Delete):
        assert isinstance(statement, ast.Delete)
        targets = [part for target in statement.targets for part in _parts(target)]
        names = tuple(t for t in targets if isinstance(t, ast.Name))
        if names and _is_nested(statement, facts):
            others = tuple(t for t in targets if not isinstance(t, ast.Name))
            yield Deletion(statement, names, others)


def is_missed(name: ast.Name, facts: Facts) -> bool:
    """Whether something may read a deleted variable that has no new value, and so would fail."""
    function, flow = facts.unit.function_of(name), facts.flow_at(name)
    if function is None or name not in flow.replaced or _is_shared(name.id, function):
        return True
    return any(read.id == name.id and UNBOUND in given for read, given in flow.reads.items())


def _is_nested(statement: ast.stmt, facts: Facts) -> bool:
    for ancestor in facts.unit.ancestors(statement):
        if isinstance(ancestor, FunctionNode):
            return False
        if isinstance(ancestor, _NESTING):
            return True
    return False


def _is_shared(name: str, function: FunctionNode) -> bool:
    declared = (n for n in walk(function) if isinstance(n, ast.Global | ast.Nonlocal))
    return any(name in statement.names for statement in declared)


def _parts(target: ast.expr) -> Iterator[ast.expr]:
    """`a` and `b` of `del (a, b)`."""
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _parts(element)
    else:
        yield target
