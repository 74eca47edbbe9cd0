"""Methods that are used without an instance: `Swish.forward(x)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts


def is_used_on_the_class(info: ClassInfo, method: str, facts: Facts) -> bool:
    """Whether the project reads a method of a class, or of one derived from it, on the class itself."""
    family = {c.node for c in (info, *facts.project.derived(info))}
    for unit in facts.project.units.values():
        if f".{method}" not in unit.source.text:
            continue
        for node in walk(unit.tree):
            if isinstance(node, ast.Attribute) and node.attr == method:
                found = facts.project.find_class(unit, node.value)
                if found is not None and found.node in family:
                    return True
    return False
