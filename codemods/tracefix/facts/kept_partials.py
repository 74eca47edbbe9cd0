"""functools.partial in an attribute: `self.up = partial(F.interpolate, scale_factor=2)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class KeptPartial:
    """A call of partial(), the assignment that keeps it, and the calls of what it gives."""

    made: ast.Call
    assignment: ast.Assign
    owner: ClassInfo
    attribute: str
    calls: tuple[ast.Call, ...]

    @property
    def function(self) -> ast.expr:
        """What is called in the end."""
        return self.made.args[0]

    @property
    def is_alone(self) -> bool:
        """Whether the attribute is this in every instance."""
        init = self.owner.methods.get("__init__")
        only = self.owner.unit.attribute_binders(self.owner.node, self.attribute)
        at_top = init is not None and self.assignment in init.body
        return at_top and len(only) == 1 and self.assignment.value is self.made


def kept_partials(facts: Facts) -> Iterator[KeptPartial]:
    """The partials that classes keep in attributes and forward calls, in text order."""
    calls: dict[str, list[ast.Call]] = {}
    for call in walk(facts.unit.tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            calls.setdefault(call.func.attr, []).append(call)
    in_forward = set(facts.in_forward(ast.Call))
    for info in facts.project.modules:
        if info.unit is not facts.unit:
            continue
        family = {c.node for c in (info, *facts.project.bases(info), *facts.project.derived(info))}
        for assignment in walk(info.node):
            name = _attribute_set(assignment)
            own = [c for c in calls.get(name, []) if _may_be_of(c, family, facts)]
            own.sort(key=lambda c: c not in in_forward)
            if isinstance(assignment, ast.Assign) and own and own[0] in in_forward:
                for made in _partials(assignment.value, facts):
                    yield KeptPartial(made, assignment, info, name, tuple(own))


def _may_be_of(call: ast.Call, family: set[ast.ClassDef], facts: Facts) -> bool:
    """Whether a call may be of the attribute of one of some classes: by self, or by another name."""
    assert isinstance(call.func, ast.Attribute)
    if is_self_attribute(call.func):
        return facts.unit.class_of(call) in family
    return facts.unit.resolve(call.func.value) is None  # not a function of a module


def _attribute_set(statement: ast.AST) -> str:
    """The attribute of self that a plain assignment sets, or ""."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return ""
    target = statement.targets[0]
    return target.attr if isinstance(target, ast.Attribute) and is_self_attribute(target) else ""


def _partials(value: ast.expr, facts: Facts) -> Iterator[ast.Call]:
    if isinstance(value, ast.IfExp):
        yield from _partials(value.body, facts)
        yield from _partials(value.orelse, facts)
    elif isinstance(value, ast.Call) and value.args:
        if facts.unit.resolve(value.func) == "functools.partial":
            yield value
