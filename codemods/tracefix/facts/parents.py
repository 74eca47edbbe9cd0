"""Which method a call of the parent's means: `super().forward(x)`, `super(C, self)`, `C.forward(self, x)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class ParentCall:
    """A call of a method as another class defines it."""

    call: ast.Call
    owner: ClassInfo  # the class whose method makes the call
    method: str
    arguments: tuple[ast.expr, ...]  # the positional ones, without self
    start: tuple[tuple[ClassInfo, ast.expr], ...]  # the bases that are asked, each as it is written
    named: ast.expr | None = None  # the class itself in `C.forward(self, x)`


def parent_calls(facts: Facts) -> Iterator[ParentCall]:
    """Every call of a parent's method in what forward reaches."""
    for node in facts.in_forward(ast.Call):
        assert isinstance(node, ast.Call)
        owner = facts.unit.class_of(node)
        if owner is None or not isinstance(node.func, ast.Attribute):
            continue
        found = _read(node, node.func, ClassInfo(facts.unit, owner), facts)
        if found is not None:
            yield found


def definition(call: ParentCall, facts: Facts) -> tuple[ClassInfo, FunctionNode] | str | None:
    """The project's method that runs, or the full name of the class outside of it; None if unknown."""
    if call.named is not None:
        return _defined_by(call.owner.unit, call.named, call.method, facts)
    for info, base in call.start:
        found = _defined_by(info.unit, base, call.method, facts)
        if found is not None:
            return found
    return None


def has_several_orders(call: ParentCall, facts: Facts) -> bool:
    """Whether some class of the project inherits from the caller's and from another beside it.

    The class that `super()` goes on to is then that of the instance, not of the text.
    """
    if call.named is not None:
        return False
    for info in facts.project.classes.values():
        mixed = len(info.node.bases) > 1
        if mixed and any(b.node is call.owner.node for b in facts.project.bases(info)):
            return True
    return False


def _read(call: ast.Call, func: ast.Attribute, owner: ClassInfo, facts: Facts) -> ParentCall | None:
    value = func.value
    if isinstance(value, ast.Call):
        after = _class_after_super(value, owner, facts)
        if after is None:
            return None
        start = tuple((after, base) for base in after.node.bases)
        return ParentCall(call, owner, func.attr, tuple(call.args), start)
    if not call.args or not (isinstance(call.args[0], ast.Name) and call.args[0].id == "self"):
        return None
    name = facts.unit.resolve(value) or ""
    if facts.project.find_class(facts.unit, value) is None and not name.startswith("torch.nn."):
        return None
    return ParentCall(call, owner, func.attr, tuple(call.args[1:]), (), value)


def _class_after_super(node: ast.Call, owner: ClassInfo, facts: Facts) -> ClassInfo | None:
    """The class whose bases `super()` asks."""
    if not (isinstance(node.func, ast.Name) and node.func.id == "super") or node.keywords:
        return None
    if not node.args:
        return owner
    plain = len(node.args) == 2 and isinstance(node.args[1], ast.Name)
    if not plain or getattr(node.args[1], "id", "") != "self":
        return None
    return facts.project.find_class(facts.unit, node.args[0])


def _defined_by(
    unit: Unit, base: ast.expr, method: str, facts: Facts
) -> tuple[ClassInfo, FunctionNode] | str | None:
    info = facts.project.find_class(unit, base)
    if info is None:
        name = unit.resolve(base) or ""
        return name if name.startswith("torch.nn.") and name != "torch.nn.Module" else None
    if method in info.methods:
        return info, info.methods[method]
    for inner in info.node.bases:
        found = _defined_by(info.unit, inner, method, facts)
        if found is not None:
            return found
    return None
