"""Calls that give iterators, and what takes their elements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefix.facts import Facts

_AT_ONCE = ("list", "tuple", "sum", "len", "max", "min", "sorted", "any", "all", "set")


def taken_at_once(call: ast.Call, facts: Facts) -> ast.expr | None:
    """What a list of the elements may stand for: the call, or list() around it.

    None where they may be gone through later.
    """
    above = facts.unit.parents[call]
    if isinstance(above, ast.Call) and above.args == [call]:
        name = facts.unit.resolve(above.func) or ""
        if name == "list" and not above.keywords:
            return above
        return call if name in _AT_ONCE else None
    if isinstance(above, ast.For | ast.comprehension):
        return call if above.iter is call else None
    unpacked = isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Tuple | ast.List)
    return call if unpacked else None
