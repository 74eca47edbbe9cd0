"""The types of attributes of self."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tracefix.facts.observed import spelled
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.types.join import Type, Unknown, join

if TYPE_CHECKING:
    from tracefix.facts.types import Types


def of_self_attribute(types: Types, node: ast.Attribute) -> Type:
    """The type of `self.name`."""
    owner = types.unit.class_of(node)
    if owner is None:
        return Unknown("self outside of a class")
    return types.of_attribute(ClassInfo(types.unit, owner), node.attr)


def of_attribute(types: Types, info: ClassInfo, name: str) -> Type:
    """The type of an instance's attribute, over all that the class assigns to it."""
    known = spelled(types.observed.attributes.get((str(info.subject), name), ()))
    family = (info, *types.project.bases(info))
    if known is not None and not any(_registers(c, name) for c in family):
        return known  # a buffer is one, also where the run saw the number that it was before
    found: list[Type] = []
    for current in family:
        found.extend(_assigned(types.within(current.unit), current.node, name))
        if name in current.methods:
            return "method"
    return join(found) if found else Unknown(f"self.{name} is not assigned in this class")


def _assigned(types: Types, owner: ast.ClassDef, name: str) -> Iterable[Type]:
    for node in types.unit.attribute_binders(owner, name):
        if isinstance(node, ast.Call):  # register_buffer, register_parameter
            yield "Tensor"
        elif isinstance(node, ast.Assign):
            if any(is_self_attribute(target, name) for target in node.targets):
                yield types.of(node.value)


def _registers(info: ClassInfo, name: str) -> bool:
    """Whether a class registers a buffer with a tensor in it."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "register_buffer"
        and len(node.args) > 1
        and not (isinstance(node.args[1], ast.Constant) and node.args[1].value is None)
        for node in info.unit.attribute_binders(info.node, name)
    )
