"""Whether a tensor that is made on the CPU belongs there, or is moved later."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts.bindings import loads

if TYPE_CHECKING:
    from tracefix.facts import Facts

_MOVERS = frozenset({"to", "cuda", "cpu", "type_as", "type"})
_READERS = frozenset({"item", "tolist", "numpy"})
_WANTS_CPU = "pack_padded_sequence"


def stays_on_cpu(node: ast.expr, facts: Facts) -> bool:
    """Whether what is computed from `node` goes to Python, to a move, or to what wants the CPU."""
    statement = facts.unit.statement(node)
    if isinstance(statement, ast.For) and statement.iter is node:
        return True
    ends = list(_ends(node, facts))
    function = facts.unit.function_of(node)
    if isinstance(statement, ast.Assign) and function is not None:
        for target in statement.targets:
            if isinstance(target, ast.Name):
                uses = loads(function, target.id)
                ends += [end for use in uses for end in _ends(use, facts)]
    return any(end in _MOVERS | _READERS or end.endswith(_WANTS_CPU) for end in ends)


def _ends(node: ast.expr, facts: Facts) -> Iterator[str]:
    """The methods called on a tensor, one on the other, and the function it is then given to."""
    inner: ast.AST = node
    for around in facts.unit.ancestors(node):
        if isinstance(around, ast.Call) and inner is not around.func:
            yield facts.unit.resolve(around.func) or ""
        elif isinstance(around, ast.Attribute):
            yield around.attr
        elif isinstance(around, ast.stmt | ast.Subscript | ast.BinOp):
            return
        inner = around
