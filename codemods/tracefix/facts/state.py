"""The attributes of a module that its forward moves: where each is defined, written and read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tracefix.facts import torch_types
from tracefix.facts.project import ClassInfo, Project
from tracefix.facts.reach import Reach, is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.types import Types, Unknown
from tracefix.facts.unit import FunctionNode, Unit

_Statement = ast.Assign | ast.AnnAssign | ast.AugAssign


@dataclass(frozen=True, eq=False)
class Write:
    """One assignment to `self.name`, also as a part of what is unpacked."""

    target: ast.Attribute
    statement: ast.stmt
    function: FunctionNode

    @property
    def value(self) -> ast.expr | None:
        """What is assigned, where the target stands alone on its side."""
        if isinstance(self.statement, ast.Assign):
            alone = len(self.statement.targets) == 1 and self.statement.targets[0] is self.target
            return self.statement.value if alone else None
        if isinstance(self.statement, ast.AnnAssign | ast.AugAssign):
            return self.statement.value if self.statement.target is self.target else None
        return None


@dataclass(frozen=True, eq=False)
class StateAttribute:
    """An attribute that functions which forward reaches assign to.

    `definitions` lie in the __init__ of `home`, or are empty where no class of the family
    defines it; `family` are the classes whose `self` has the attribute.
    """

    home: ClassInfo
    name: str
    family: tuple[ClassInfo, ...]
    definitions: tuple[Write, ...]
    moves: tuple[Write, ...]  # in what forward reaches
    others: tuple[Write, ...]  # in methods that forward does not reach
    reads: tuple[ast.Attribute, ...]
    deletions: tuple[ast.Attribute, ...]

    def moves_in(self, function: FunctionNode) -> tuple[Write, ...]:
        return tuple(w for w in self.moves if w.function is function)


@dataclass(frozen=True, eq=False)
class State:
    """Answers for one unit."""

    unit: Unit
    project: Project
    reach: Reach
    types: Types

    @cached_property
    def moved(self) -> tuple[StateAttribute, ...]:
        """Every attribute that forward moves and whose home lies in this unit, in text order."""
        found: dict[tuple[ast.ClassDef, str], StateAttribute] = {}
        for info in self._modules():
            for name in self._moved_names(info):
                home = self._home(info, name)
                if home.unit is self.unit and (home.node, name) not in found:
                    found[home.node, name] = self.attribute(home, name)
        return tuple(found.values())

    def type_of(self, write: Write) -> str | Unknown:
        """The type that an assignment gives to its target."""
        if isinstance(write.statement, ast.AnnAssign):
            return self.types.annotation(write.statement.annotation)
        if isinstance(write.statement, ast.AugAssign):
            joined = ast.BinOp(write.target, write.statement.op, write.statement.value)
            return self.types.of(joined)
        if write.value is not None:
            return self.types.of(write.value)
        if isinstance(write.statement, ast.Assign):
            given = self.types.of(write.statement.value)
            return _part(write, given)
        return Unknown("it is bound by a loop or a with-statement")

    def family(self, home: ClassInfo) -> tuple[ClassInfo, ...]:
        """A class, its project ancestors, and all that derive from it."""
        below = [
            info
            for info in self.project.classes.values()
            if any(base.node is home.node for base in self.project.bases(info))
        ]
        return (home, *self.project.bases(home), *below)

    # -- where things are

    def _modules(self) -> Iterator[ClassInfo]:
        for info in self.project.classes.values():
            if info.unit is self.unit and self.project.is_module(info):
                yield info

    def _moved_names(self, info: ClassInfo) -> list[str]:
        names: dict[str, None] = {}
        for function in info.methods.values():
            if function in self.reach.functions and function.name != "__init__":
                for write in _writes(info, function):
                    names[write.target.attr] = None
        return list(names)

    def _home(self, info: ClassInfo, name: str) -> ClassInfo:
        """The class that defines the attribute: the nearest whose __init__ assigns it, or `info`."""
        for current in (info, *self.project.bases(info)):
            init = current.methods.get("__init__")
            if init and any(w.target.attr == name for w in _writes(current, init)):
                return current
        return info

    def attribute(self, home: ClassInfo, name: str) -> StateAttribute:
        """All that is done with an attribute that `home` defines."""
        family = self.family(home)
        touched = [
            node
            for info in family
            for node in walk(info.node)
            if is_self_attribute(node) and isinstance(node, ast.Attribute) and node.attr == name
        ]
        writes = [
            write
            for info in family
            for method in info.methods.values()
            for write in _writes(info, method)
            if write.target.attr == name
        ]
        in_init = [w for w in writes if w.function.name == "__init__"]
        later = [w for w in writes if w.function.name != "__init__"]
        return StateAttribute(
            home=home,
            name=name,
            family=family,
            definitions=tuple(in_init),
            moves=tuple(w for w in later if w.function in self.reach.functions),
            others=tuple(w for w in later if w.function not in self.reach.functions),
            reads=tuple(n for n in touched if isinstance(n.ctx, ast.Load)),
            deletions=tuple(n for n in touched if isinstance(n.ctx, ast.Del)),
        )


def _writes(info: ClassInfo, function: FunctionNode) -> Iterator[Write]:
    for node in walk(function):
        if is_self_attribute(node) and isinstance(node, ast.Attribute):
            if isinstance(node.ctx, ast.Store):
                yield Write(node, info.unit.statement(node), function)


def _part(write: Write, given: str | Unknown) -> str | Unknown:
    """The type of one target of `a, self.b = value`."""
    if isinstance(given, Unknown):
        return given
    assert isinstance(write.statement, ast.Assign)
    for target in write.statement.targets:
        if target is write.target:
            return given
        if isinstance(target, ast.Tuple | ast.List) and write.target in target.elts:
            parts = torch_types.arguments(given) if given.startswith("Tuple[") else []
            if len(parts) == len(target.elts):
                return parts[target.elts.index(write.target)]
            return torch_types.element(given) or Unknown(f"an element of {given}")
    return Unknown("it is nested in what is unpacked")
