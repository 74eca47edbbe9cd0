"""Sizes that are surely not zero, since a reshape in front would have raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts.literals import literal_int
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

_ALWAYS_RUN = (ast.Assign, ast.AnnAssign, ast.Expr)
# What evaluates all that stands in it.
_WHOLE = (
    ast.Call, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp, ast.keyword,
)  # fmt: skip
_RESHAPES = ("reshape", "view")


def is_filled(size: ast.Name, facts: Facts) -> bool:
    """Whether a size that a statement reads is one or more: `x.view(b, n, -1)` stands before it.

    Torch cannot tell what -1 stands for where another size is 0, and raises.
    """
    reads = facts.flow_at(size).reads
    given = reads.get(size, frozenset())
    statement = facts.unit.statement(size)
    block = facts.unit.block_of(statement)
    if len(given) != 1:
        return False
    earlier = (s for s in block[: block.index(statement)] if isinstance(s, _ALWAYS_RUN))
    return any(
        isinstance(other, ast.Name) and other.id == size.id and reads.get(other) == given
        for before in earlier
        for call in _inferring(before, facts)
        for other in _sizes(call)
    )


def _inferring(statement: ast.stmt, facts: Facts) -> Iterator[ast.Call]:
    """The reshapes of tensors that a statement surely makes, one size of which is -1."""
    for call in walk(statement):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr not in _RESHAPES or not facts.types.is_tensor(call.func.value):
            continue
        if any(literal_int(size) == -1 for size in _sizes(call)):
            if _is_surely_made(call, statement, facts):
                yield call


def _sizes(call: ast.Call) -> list[ast.expr]:
    """`b, n, -1` of `x.view(b, n, -1)`, and of `x.view((b, n, -1))`."""
    if len(call.args) == 1 and isinstance(call.args[0], ast.Tuple | ast.List):
        return call.args[0].elts
    return call.args


def _is_surely_made(call: ast.Call, statement: ast.stmt, facts: Facts) -> bool:
    for around in facts.unit.ancestors(call):
        if around is statement:
            return True
        if not isinstance(around, _WHOLE):
            return False
    return False
