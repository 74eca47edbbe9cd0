"""Whether something is told when a layer is called: then its function alone does less."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

# What makes a call of a layer do more than its forward does.
_HOOKS = frozenset(
    {
        "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
        "register_full_backward_pre_hook", "register_backward_hook", "weight_norm", "spectral_norm",
    }
)  # fmt: skip


def hook_on_layers(owner: ast.ClassDef, facts: Facts) -> str | None:
    """What may hook itself to the layers of a class, in its family or outside of all classes."""
    info = ClassInfo(facts.unit, owner)
    family = {c.node for c in (info, *facts.project.bases(info), *facts.project.derived(info))}
    for unit in facts.project.units.values():
        for node in walk(unit.tree):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
            if name in _HOOKS:
                around = unit.class_of(node)
                if around is None or around in family:
                    return str(name)
    return None
