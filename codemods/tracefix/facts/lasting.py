"""Whether an expression gives at a later place of its function what it gives where it stands."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.fixed_conditions import is_fixed
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.torch_types import arguments
from tracefix.facts.types import Unknown
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts import Facts

_LOOPS = ast.For | ast.AsyncFor | ast.While
_IMMUTABLE = frozenset({"int", "float", "bool", "str", "number", "torch.Size", "None"})


def lasts(node: ast.expr, until: ast.AST, facts: Facts) -> bool:
    """Whether an expression of values that cannot change is made of names that keep theirs."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Tuple):
        return all(lasts(e, until, facts) for e in node.elts)
    if isinstance(node, ast.UnaryOp):
        return lasts(node.operand, until, facts)
    if isinstance(node, ast.BinOp):
        return lasts(node.left, until, facts) and lasts(node.right, until, facts)
    if isinstance(node, ast.Name):
        return _is_immutable(node, facts) and _is_bound_once(node, until, facts)
    if isinstance(node, ast.Attribute) and is_self_attribute(node):
        owner = facts.unit.class_of(node)
        return owner is not None and is_fixed(node.attr, ClassInfo(facts.unit, owner), facts)
    return False


def _is_immutable(node: ast.expr, facts: Facts) -> bool:
    type_ = facts.types.of(node)
    if isinstance(type_, Unknown):
        return False
    parts = arguments(type_) if type_.startswith("Tuple[") else (type_,)
    return all(part in _IMMUTABLE for part in parts)


def _is_bound_once(node: ast.Name, until: ast.AST, facts: Facts) -> bool:
    """Whether a variable of the function that runs both places never has but one value."""
    function = facts.unit.function_of(node)
    if function is None or facts.unit.function_of(until) is not function:
        return False
    given = [p for p in parameters(function) if p.arg == node.id]
    binders = facts.unit.binders(function, node.id)
    if len([*given, *binders]) != 1:
        return False
    return not any(_is_in_a_loop(binder, function, facts) for binder in binders)


def _is_in_a_loop(node: ast.AST, function: FunctionNode, facts: Facts) -> bool:
    for ancestor in (node, *facts.unit.ancestors(node)):
        if ancestor is function:
            return False
        if isinstance(ancestor, _LOOPS):
            return True
    return False
