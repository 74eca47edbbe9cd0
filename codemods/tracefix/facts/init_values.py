"""What __init__ computes with, and where an instance keeps it: `alpha`, and `self.alpha`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.bindings import bindings
from tracefix.facts.fixed_conditions import definitions, is_fixed
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute

if TYPE_CHECKING:
    from tracefix.facts import Facts


def holder_of(name: str, info: ClassInfo, facts: Facts) -> str | None:
    """The attribute that always holds what a variable of __init__ is, where there is one."""
    init = info.methods.get("__init__")
    if init is None or len(list(bindings(init, name))) != 1:
        return None
    for statement in init.body:
        for attribute in _attributes_set(statement, name):
            only = list(definitions(attribute, info, facts)) == [statement]
            if only and is_fixed(attribute, info, facts):
                return attribute
    return None


def is_settled(name: str, info: ClassInfo, place: ast.stmt) -> bool:
    """Whether nothing behind a statement of __init__ gives a variable another value."""
    init = info.methods["__init__"]
    lines = [getattr(b, "lineno", init.lineno) for b in bindings(init, name)]
    return bool(lines) and max(lines) < place.lineno


def is_free(attribute: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether neither a class nor one of its relatives has something by that name."""
    family = (info, *facts.project.bases(info), *facts.project.derived(info))
    return not any(
        attribute in c.methods or c.unit.attribute_binders(c.node, attribute) for c in family
    )


def _attributes_set(statement: ast.stmt, name: str) -> list[str]:
    """The attributes to which a statement assigns the variable as it is."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Name):
        return []
    if statement.value.id != name:
        return []
    targets = (t for t in statement.targets if isinstance(t, ast.Attribute))
    return [t.attr for t in targets if is_self_attribute(t)]
