"""The modules that a class is handed when it is constructed: `self.fn` in `PreNorm(dim, Attention(dim))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class Handed:
    """One construction of a module, and the file that makes it."""

    call: ast.Call
    unit: Unit


def held_modules(info: ClassInfo, name: str, facts: Facts) -> list[Handed] | None:
    """Every module that `self.name` may hold as the project has it; None where that is not known."""
    made: list[Handed] = []
    binders = info.unit.attribute_binders(info.node, name)
    for binder in binders:
        if not isinstance(binder, ast.Assign) or not _is_only_target(binder, name):
            return None
        found = _from_value(binder.value, info, binder, facts)
        if found is None:
            return None
        made += found
    return None if not made or _is_set_elsewhere(info, name, facts) else made


def _is_only_target(binder: ast.Assign, name: str) -> bool:
    return len(binder.targets) == 1 and is_self_attribute(binder.targets[0], name)


def _is_set_elsewhere(info: ClassInfo, name: str, facts: Facts) -> bool:
    """Whether a relative, or code that has an instance in hand, assigns the attribute too."""
    family = {c.node for c in (*facts.project.bases(info), *facts.project.derived(info))}
    for unit in facts.project.units.values():
        for node in unit.stored_attributes.get(name, ()):
            if not is_self_attribute(node) or unit.class_of(node) in family:
                return True
    return False


def _from_value(
    value: ast.expr, info: ClassInfo, binder: ast.Assign, facts: Facts
) -> list[Handed] | None:
    """What an assignment in a class puts into the attribute."""
    function = info.unit.function_of(binder)
    if not isinstance(value, ast.Name) or function is None:
        return _constructed(value, info.unit, function)
    if function is not info.methods.get("__init__") or info.unit.binders(function, value.id):
        return _constructed(value, info.unit, function)
    return _handed(info, function, value.id, facts)


def _constructed(
    value: ast.expr | None, unit: Unit, function: FunctionNode | None
) -> list[Handed] | None:
    """The constructions that an expression stands for, through at most one variable."""
    if isinstance(value, ast.Call):
        return [Handed(value, unit)]
    if isinstance(value, ast.IfExp):
        arms = [_constructed(arm, unit, function) for arm in (value.body, value.orelse)]
        return None if None in arms else [made for arm in arms if arm is not None for made in arm]
    if isinstance(value, ast.Name) and function is not None:
        given = unit.binders(function, value.id)
        values = [b.value for b in given if isinstance(b, ast.Assign)]
        if values and len(values) == len(given) and all(isinstance(v, ast.Call) for v in values):
            return [Handed(v, unit) for v in values if isinstance(v, ast.Call)]
    return None


def _handed(
    info: ClassInfo, init: FunctionNode, parameter: str, facts: Facts
) -> list[Handed] | None:
    """What every construction of the class in the project gives for a parameter of its __init__."""
    args = init.args
    place = next((n for n, a in enumerate(args.args) if a.arg == parameter), None)
    if place is None or args.posonlyargs:
        return None
    made: list[Handed] = []
    for call, unit in _constructions(info, facts):
        value = _argument(call, parameter, place - 1)
        found = _constructed(value, unit, unit.function_of(call))
        if found is None:
            return None
        made += found
    return made


def _constructions(info: ClassInfo, facts: Facts) -> Iterator[tuple[ast.Call, Unit]]:
    """Every call that makes an instance, of the class or of one derived from it."""
    family = {c.node for c in (info, *facts.project.derived(info))}
    for unit in facts.project.units.values():
        for node in walk(unit.tree):
            if not isinstance(node, ast.Call):
                continue
            made = facts.project.find_class(unit, node.func)
            if made is not None and made.node in family:
                yield node, unit


def _argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    before = call.args[: place + 1]
    if len(before) <= place or any(isinstance(a, ast.Starred) for a in before):
        return None
    return before[place]
