"""What else touches an attribute: other objects' code, other files, and reflection.

`self.calls` in the family of classes that own an attribute is its own affair; everything here is
not, and may be the reason why the attribute has to stay what it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts.project import Project
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.state import StateAttribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import Unit

_REFLECTION = frozenset({"getattr", "setattr", "hasattr", "delattr"})
_HOOKS = frozenset(
    {
        "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__getstate__",
        "__setstate__", "__deepcopy__", "__reduce__", "__reduce_ex__", "__copy__",
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Use:
    """`model.calls` in some file of the run."""

    unit: Unit
    node: ast.Attribute


def outside(attribute: StateAttribute, project: Project) -> Iterator[Use]:
    """Every `<object>.name` that is no `self.name` of the family."""
    for unit in project.units.values():
        if attribute.name not in unit.source.text:
            continue
        for node in walk(unit.tree):
            if not isinstance(node, ast.Attribute) or node.attr != attribute.name:
                continue
            if is_self_attribute(node):
                continue  # the family's own, or that of a class of its own
            if not _is_imported(unit, node) and not _is_method_call(unit, node):
                yield Use(unit, node)


def namesake(attribute: StateAttribute, project: Project) -> str | None:
    """Another class that has something of this name, so that `model.name` may mean that."""
    family = {info.node for info in attribute.family}
    for info in project.classes.values():
        if info.node in family or attribute.name not in info.unit.source.text:
            continue
        named = attribute.name in info.methods or any(
            isinstance(n, ast.Attribute) and is_self_attribute(n) and n.attr == attribute.name
            for n in walk(info.node)
        )
        if named:
            return str(info.subject)
    return None


def reflection(attribute: StateAttribute, project: Project) -> str | None:
    """Where the attribute is reached by its name as text, or every attribute of an object is."""
    for unit in project.units.values():
        for node in walk(unit.tree):
            if isinstance(node, ast.Call) and _asks_by_name(node, attribute.name):
                return f"{unit.place(node)} reaches it by its name as text"
    for info in attribute.family:
        for node in walk(info.node):
            if isinstance(node, ast.Attribute) and node.attr == "__dict__":
                return f"{info.unit.place(node)} reads __dict__"
            if isinstance(node, ast.Call) and info.unit.resolve(node.func) == "vars":
                return f"{info.unit.place(node)} reads vars()"
    return None


def hook(attribute: StateAttribute) -> str | None:
    """A method of the family that stands between an object and its attributes."""
    for info in attribute.family:
        for name in info.methods:
            if name in _HOOKS:
                return f"{info.node.name} has a {name}"
    return None


def buffer_loop(project: Project) -> str | None:
    """Where code goes through all buffers of a model, and so would meet a new one."""
    for unit in project.units.values():
        for node in walk(unit.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("buffers", "named_buffers") and not node.args:
                    return f"{unit.place(node)} goes through all buffers"
    return None


def _asks_by_name(call: ast.Call, name: str) -> bool:
    if not isinstance(call.func, ast.Name) or call.func.id not in _REFLECTION:
        return False
    return (
        len(call.args) > 1 and isinstance(call.args[1], ast.Constant) and call.args[1].value == name
    )


def _is_imported(unit: Unit, node: ast.Attribute) -> bool:
    """`torch.sum` or `np.mean`: an attribute of an imported module."""
    name = unit.resolve(node)
    root = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return name is not None and isinstance(root, ast.Name) and root.id in unit.imports


def _is_method_call(unit: Unit, node: ast.Attribute) -> bool:
    """`x.mean()` calls a method: what a number or a tensor is not."""
    parent = unit.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
