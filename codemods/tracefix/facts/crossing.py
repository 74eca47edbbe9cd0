"""Whether a variable may cross into a function that a trace keeps as code, and as what.

Tensors cross, and numbers that no input changes. A number that is computed from a tensor would be
recorded as it was; a list, with as many elements as it had.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tracefix.facts.dependence import Cause
from tracefix.facts.torch_types import is_constant_type
from tracefix.facts.tree import walk
from tracefix.facts.types import Unknown
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_FILLING = frozenset({"append", "clear", "extend", "insert", "pop", "remove", "update"})
_MOVING = frozenset({Cause.VALUES, Cause.SHAPE, Cause.STATE, Cause.RANDOM})


def type_to_cross(
    name: str, definitions: Iterable[ast.AST], function: FunctionNode, facts: Facts
) -> str | None:
    """The type that a variable crosses with; None where it is to be made on the other side."""
    type_ = facts.types.of_local(function, name)
    if isinstance(type_, Unknown):
        return None
    if type_ in ("Tensor", "Optional[Tensor]"):
        return type_
    if _is_of_tensors(type_) and all(isinstance(d, ast.arg) for d in definitions):
        return type_
    if not is_constant_type(type_):
        return None
    moving = any(_causes(d, function, facts) & _MOVING for d in definitions)
    return None if moving else type_


def fills(name: str, statements: Sequence[ast.stmt]) -> bool:
    """Whether statements change the list, or the dict, that a variable holds.

    A trace hands a copy of it to a function that is kept as code.
    """
    called = (n.func for s in statements for n in walk(s) if isinstance(n, ast.Call))
    return any(
        isinstance(func, ast.Attribute)
        and func.attr in _FILLING
        and isinstance(func.value, ast.Name)
        and func.value.id == name
        for func in called
    )


def changes_with_input(node: ast.expr, facts: Facts) -> bool:
    """Whether another input, or another call, may give an expression another Python value."""
    return bool(facts.dependence.of(node) & _MOVING)


def _is_of_tensors(type_: str) -> bool:
    return type_ in ("List[Tensor]", "Tuple[Tensor, ...]") or (
        type_.startswith("Tuple[") and set(type_[6:-1].split(", ")) == {"Tensor"}
    )


def _causes(definition: ast.AST, function: FunctionNode, facts: Facts) -> frozenset[Cause]:
    """What the value that one definition gives depends on."""
    if isinstance(definition, ast.arg):
        return facts.dependence.of_parameter(function, definition.arg)
    if not isinstance(definition, ast.Name):
        return frozenset()
    statement = facts.unit.statement(definition)
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        return facts.dependence.of(statement.value)
    return facts.dependence.of(definition)
