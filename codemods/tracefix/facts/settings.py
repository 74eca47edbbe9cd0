"""Settings that forward reads from an object which __init__ was given: `self.opt.scale`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracefix.facts.instances import held
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.torch_types import is_constant_type
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts import Facts

_NAMESPACES = ("argparse.Namespace", "types.SimpleNamespace")
_MAY_BE_SKIPPED = (
    ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Setting:
    """What `self.<holder>` has under a path such as ("model", "width"), and who reads it."""

    owner: ClassInfo
    holder: str
    path: tuple[str, ...]
    reads: list[ast.expr] = field(default_factory=list)


def settings(facts: Facts) -> Iterator[Setting]:
    """The settings that forward reads, in text order."""
    found: dict[tuple[ast.ClassDef, str], Setting] = {}
    for node in facts.in_forward(ast.Attribute):
        owner = facts.unit.class_of(node)
        if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
            continue
        info = ClassInfo(facts.unit, owner)
        read = _whole(node, facts)
        if read is node or not _holds_settings(node.attr, info, facts):
            continue
        setting = Setting(info, node.attr, tuple(_path(read)))
        found.setdefault((owner, ast.unparse(read)), setting).reads.append(read)
    yield from found.values()


def definition_of(setting: Setting, facts: Facts) -> ast.Assign | str:
    """The statement of __init__ that gives the object its attribute, or why it may give another."""
    holder, init = setting.holder, setting.owner.methods.get("__init__")
    binders = list(setting.owner.unit.attribute_binders(setting.owner.node, holder))
    if init is None or len(binders) != 1 or binders[0] not in init.body:
        return f"not one statement of __init__ in {setting.owner.node.name} assigns self.{holder}"
    (definition,) = binders
    if not isinstance(definition, ast.Assign) or len(definition.targets) != 1:
        return f"self.{holder} is given its value together with something else"
    for unit in facts.project.units.values():
        for node in unit.stored_attributes.get(holder, ()):
            elsewhere = not is_self_attribute(node) or _is_relative(
                unit.class_of(node), setting, facts
            )
            if node is not definition.targets[0] and elsewhere:
                return f"{unit.place(node)} assigns {holder} too"
    return definition


def changed_at(setting: Setting, facts: Facts) -> str | None:
    """Where code gives a setting another value, of this object or of one that may be it."""
    for unit in facts.project.units.values():
        for name in setting.path:
            for node in unit.stored_attributes.get(name, ()):
                function = unit.function_of(node)
                if not is_self_attribute(node) or _changes_itself(unit.class_of(node), function):
                    return str(unit.place(node))
        for part in walk(unit.tree):
            if isinstance(part, ast.Subscript) and not isinstance(part.ctx, ast.Load):
                if isinstance(part.slice, ast.Constant) and part.slice.value in setting.path:
                    return str(unit.place(part))
    return None


def is_always_read(setting: Setting, facts: Facts) -> bool:
    """Whether a construction, or a call, reads the setting whatever else it is given."""
    init = setting.owner.methods.get("__init__")
    forward = setting.owner.methods.get("forward")
    text = ast.unparse(setting.reads[0])
    definition = definition_of(setting, facts)
    given = ast.unparse(definition.value) if isinstance(definition, ast.Assign) else ""
    bare = text.replace(f"self.{setting.holder}", given, 1)
    return any(
        isinstance(node, ast.expr) and ast.unparse(node) in (text, bare)
        for function in (init, forward)
        if function is not None
        for node in _surely_evaluated(function)
    )


def _surely_evaluated(function: FunctionNode) -> Iterator[ast.AST]:
    """What a function evaluates in every call: tests of branches, but not their arms."""
    for statement in function.body:
        compound = isinstance(statement, ast.If | ast.While)
        part = statement.test if isinstance(statement, ast.If | ast.While) else statement
        if compound or isinstance(
            statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Return
        ):
            yield from _unconditional(part)
        if any(isinstance(node, ast.Return) for node in walk(statement)):
            return


def _unconditional(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.BoolOp):
        yield from _unconditional(node.values[0])
    elif isinstance(node, ast.IfExp):
        yield from _unconditional(node.test)
    elif not isinstance(node, _MAY_BE_SKIPPED):
        for child in ast.iter_child_nodes(node):
            yield from _unconditional(child)


def _whole(start: ast.expr, facts: Facts) -> ast.expr:
    """The longest chain of names and literal keys that is read from `self.opt`."""
    node = start
    while True:
        parent = facts.unit.parents.get(node)
        called = facts.unit.parents.get(parent) if parent is not None else None
        if isinstance(called, ast.Call) and called.func is parent:
            return node
        named = isinstance(parent, ast.Attribute) and parent.value is node
        keyed = (
            isinstance(parent, ast.Subscript)
            and parent.value is node
            and isinstance(parent.slice, ast.Constant)
            and isinstance(parent.slice.value, str)
        )
        if not (named or keyed) or not isinstance(parent, ast.Attribute | ast.Subscript):
            return node
        if not isinstance(parent.ctx, ast.Load):
            return node
        node = parent


def _path(read: ast.expr) -> list[str]:
    if isinstance(read, ast.Subscript) and isinstance(read.slice, ast.Constant):
        return [*_path(read.value), str(read.slice.value)]
    if isinstance(read, ast.Attribute) and not is_self_attribute(read):
        return [*_path(read.value), read.attr]
    return []


def _holds_settings(name: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether an attribute holds an object of plain Python: no module, no tensor, no number."""
    types = held(info, name, facts)
    if types:
        return not any(
            t in ("Tensor", "Size", "NoneType", "device", "dtype", "Parameter")
            or is_constant_type(t)
            or t.startswith(("List[", "Tuple["))
            or "module" in facts.observed.classes.get(t, ())
            for t in types
        )
    init = info.methods.get("__init__")
    for binder in info.unit.attribute_binders(info.node, name):
        if init is None or not isinstance(binder, ast.Assign):
            return False
        if not isinstance(binder.value, ast.Name):
            return False
        given = [p for p in parameters(init) if p.arg == binder.value.id]
        if not given or given[0].annotation is None:
            return False
        return info.unit.resolve(given[0].annotation) in _NAMESPACES
    return False


def _is_relative(node: ast.ClassDef | None, setting: Setting, facts: Facts) -> bool:
    bases, derived = facts.project.bases(setting.owner), facts.project.derived(setting.owner)
    return any(node is member.node for member in (setting.owner, *bases, *derived))


def _changes_itself(owner: ast.ClassDef | None, function: FunctionNode | None) -> bool:
    """Whether `self.name = ...` is more than an object's own first value, or a module's affair."""
    if owner is None or function is None or function.name == "__init__":
        return False
    return not any(isinstance(s, FunctionNode) and s.name == "forward" for s in owner.body)
