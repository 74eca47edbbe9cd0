"""Names of a file that stand for one literal value for as long as the program runs."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tracefix.facts.tree import walk
from tracefix.facts.unit import Scope, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_PLAIN = (int, float, str, bool, type(None))
_INFINITE = frozenset({"math.inf", "numpy.inf", "math.nan", "numpy.nan"})


def constant(name: str, facts: Facts) -> ast.expr | None:
    """The literal that the file's body gives to a name, where nothing gives it another."""
    value = facts.unit.globals.get(name)
    if value is None or not _is_literal(value, facts):
        return None
    if _is_rebound(name, facts.unit) or is_set_from_outside(name, facts):
        return None
    if isinstance(value, ast.List | ast.Set) and _may_change(name, facts.unit):
        return None
    return value


def constant_text(value: ast.expr, facts: Facts) -> str:
    """A literal as it is written where it is read; powers are worked out.

    TorchScript's `2 ** 3` is a float.
    """
    if any(isinstance(node, ast.Pow) for node in walk(value)) and _computed(value) is not None:
        return repr(_computed(value))
    infinite = facts.unit.resolve(value)
    if infinite in _INFINITE:
        return f'float("{infinite.rpartition(".")[2]}")'
    text = facts.unit.text(value)
    return ast.unparse(value) if "\n" in text else text


def _computed(node: ast.expr) -> int | float | None:
    """What an expression of literal numbers comes to, or None where it has others."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp):
        inner = _computed(node.operand)
        return None if inner is None else -inner
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATORS:
        return None
    left, right = _computed(node.left), _computed(node.right)
    if left is None or right is None:
        return None
    result: int | float = _OPERATORS[type(node.op)](left, right)
    return result


def _is_literal(node: ast.expr, facts: Facts) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, _PLAIN)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts) and all(_is_literal(part, facts) for part in node.elts)
    return facts.unit.resolve(node) in _INFINITE or _is_number(node, facts)


def _is_number(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression is of numbers alone: -1, 2 / 3, math.log(2 * math.pi)."""
    if isinstance(node, ast.BinOp):
        return _is_number(node.left, facts) and _is_number(node.right, facts)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and _is_number(node.operand, facts)
    if isinstance(node, ast.Call):
        name = facts.unit.resolve(node.func) or ""
        if name == "float":  # float("inf")
            return len(node.args) == 1 and isinstance(node.args[0], ast.Constant)
        numbers = all(_is_number(argument, facts) for argument in node.args)
        return name.startswith("math.") and numbers and not node.keywords
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    return facts.unit.resolve(node) in ("math.pi", "math.e")


def _is_rebound(name: str, unit: Unit) -> bool:
    """Whether the file binds the name a second time, in its body or through `global`."""
    count = 0
    for node in walk(unit.tree):
        if isinstance(node, ast.Global) and name in node.names:
            return True
        if isinstance(node, Scope) and node.name == name and unit.scope(node) == "":
            return True
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            count += unit.function_of(node) is None and unit.class_of(node) is None
    return count != 1 or name in unit.imports


def is_set_from_outside(name: str, facts: Facts) -> bool:
    """`settings.EPS = 1e-3` in some file of the project."""
    for unit in facts.project.units.values():
        if f".{name}" not in unit.source.text:
            continue
        for node in walk(unit.tree):
            stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if stored and getattr(node, "attr", "") == name and unit.resolve(node) is not None:
                return not _is_own_attribute(node)
    return False


def _is_own_attribute(node: ast.AST) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, ast.Name) and value.id == "self"


def _may_change(name: str, unit: Unit) -> bool:
    """Whether something is done to a list, or a set, that could change it."""
    for node in walk(unit.tree):
        if not (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)):
            continue
        parent = unit.parents[node]
        if isinstance(parent, ast.Attribute | ast.AugAssign | ast.Assign):
            return True
        if isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load):
            return True
    return False
