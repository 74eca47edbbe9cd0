"""Dictionaries that are spread into a call: `F.interpolate(x, **options)`, and what is in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class Spread:
    """One `**options` of a call."""

    keyword: ast.keyword
    call: ast.Call
    function: FunctionNode


def spreads(facts: Facts) -> Iterator[Spread]:
    """Every such argument in what forward reaches, but those that hand `**kwargs` on."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        function = facts.unit.function_of(call)
        for keyword in call.keywords:
            if keyword.arg is None and function is not None:
                own = function.args.kwarg
                handed = own is not None and isinstance(keyword.value, ast.Name)
                if not handed or own is None or keyword.value.id != own.arg:  # type: ignore[attr-defined]
                    yield Spread(keyword, call, function)


def items(value: ast.expr, facts: Facts) -> dict[str, ast.expr] | None:
    """The keywords of `dict(mode="nearest")` or `{"mode": "nearest"}`; None for anything else."""
    if isinstance(value, ast.Call) and facts.unit.resolve(value.func) == "dict":
        named = {k.arg: k.value for k in value.keywords if k.arg is not None}
        return named if not value.args and len(named) == len(value.keywords) else None
    if not isinstance(value, ast.Dict):
        return None
    found: dict[str, ast.expr] = {}
    for key, item in zip(value.keys, value.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        if not key.value.isidentifier() or key.value in found:
            return None
        found[key.value] = item
    return found


def assignment_of(spread: Spread, facts: Facts) -> ast.Assign | str:
    """The only assignment of the variable or attribute that is spread, or why there is none."""
    value = spread.keyword.value
    shown = ast.unparse(value)
    if isinstance(value, ast.Name):
        binders = facts.unit.binders(spread.function, value.id)
        names = (n for n in walk(spread.function) if isinstance(n, ast.Name))
        uses: list[ast.AST] = [n for n in names if n.id == value.id]
    elif isinstance(value, ast.Attribute) and is_self_attribute(value):
        found = _of_attribute(value.attr, spread, facts)
        if isinstance(found, str):
            return found
        binders, uses = found
    else:
        return f"{shown} is no variable"
    only = binders[0] if len(binders) == 1 else None
    if not isinstance(only, ast.Assign) or len(only.targets) > 1:
        return f"{shown} is not assigned once"
    if any(use is not only.targets[0] and not _is_spread(use, facts) for use in uses):
        return f"{shown} is used for more than to be spread"
    return only


def _of_attribute(
    name: str, spread: Spread, facts: Facts
) -> tuple[tuple[ast.AST, ...], list[ast.AST]] | str:
    owner = facts.unit.class_of(spread.call)
    info = ClassInfo(facts.unit, owner) if owner is not None else None
    init = info.methods.get("__init__") if info is not None else None
    if info is None or init is None:
        return "the class has no __init__ of its own"
    for unit in facts.project.units.values():
        for node in walk(unit.tree):
            if isinstance(node, ast.Attribute) and node.attr == name:
                if unit.class_of(node) is not info.node or not is_self_attribute(node):
                    return f"self.{name} is used outside of the class"
    binders = facts.unit.attribute_binders(info.node, name)
    if any(binder not in init.body for binder in binders):
        return f"self.{name} is not assigned in __init__ alone"
    uses = [n for n in walk(info.node) if isinstance(n, ast.Attribute) and n.attr == name]
    return binders, list(uses)


def _is_spread(use: ast.AST, facts: Facts) -> bool:
    above = facts.unit.parents[use]
    return isinstance(above, ast.keyword) and above.arg is None
