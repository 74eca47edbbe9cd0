"""What runs when a module is called: the functions that its forward reaches.

So do the methods that examples call beside it, or in its place. Names are followed as far as the
text tells: `self.method()`, functions of the project, submodules by the classes that __init__
constructs, and `super()`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tracefix.facts.project import ClassInfo, Project
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit
from tracefix.model import Subject

_COMPILED = ("property", "torch.jit.export")
_Entry = tuple[ast.ClassDef | None, FunctionNode]  # the class that runs a function, and it


@dataclass(frozen=True, eq=False)
class Reach:
    """Which functions run, for one class or for all of a project."""

    project: Project
    methods: Mapping[str, frozenset[str]]  # that examples call, by the class: Observed.methods

    @cached_property
    def functions(self) -> frozenset[FunctionNode]:
        """Every function that some module's forward reaches."""
        found: set[FunctionNode] = set()
        for info in self.project.classes.values():
            if self.project.is_module(info):
                found |= self.of(info.subject)
        return frozenset(found)

    @cached_property
    def _units(self) -> dict[FunctionNode, Unit]:
        return {}

    def unit_of(self, function: FunctionNode) -> Unit:
        """The file of a function that `of` or `functions` gave."""
        return self._units[function]

    @cached_property
    def _by_subject(self) -> dict[Subject, frozenset[FunctionNode]]:
        return {}

    def of(self, subject: Subject) -> frozenset[FunctionNode]:
        """The functions that a subject's forward (or the subject itself) reaches."""
        cached = self._by_subject.get(subject)
        if cached is None:
            cached = self._by_subject[subject] = frozenset(self._walk(subject))
        return cached

    def _walk(self, subject: Subject) -> Iterator[FunctionNode]:
        # A method that a base class defines calls the methods of the class that runs it.
        seen: set[_Entry] = set()
        waiting = list(self._entries(subject))
        while waiting:
            owner, unit, function = waiting.pop()
            entry = (owner.node if owner is not None else None, function)
            if entry in seen:
                continue
            seen.add(entry)
            self._units[function] = unit
            yield function
            if entry not in self._called_from:  # most subjects of a file reach the same
                self._called_from[entry] = tuple(self._called(owner, unit, function))
            waiting.extend(self._called_from[entry])

    @cached_property
    def _called_from(
        self,
    ) -> dict[_Entry, tuple[tuple[ClassInfo | None, Unit, FunctionNode], ...]]:
        return {}

    def _entries(self, subject: Subject) -> Iterator[tuple[ClassInfo | None, Unit, FunctionNode]]:
        info = self.project.classes.get(subject)
        if info is not None:
            yield from self._forward_of(info)
            return
        unit = self.project.units.get(subject.path)
        if unit is not None and subject.qualname in unit.functions:
            yield None, unit, unit.functions[subject.qualname]

    def _forward_of(self, info: ClassInfo) -> Iterator[tuple[ClassInfo | None, Unit, FunctionNode]]:
        found = self.project.entry(info)
        if found is not None:
            yield info, found[0].unit, found[1]
            yield from self._compiled_of(info)
        for name in self.methods.get(str(info.subject), ()):
            called = self.project.find_method(info, name)
            if called is not None:
                yield info, called[0].unit, called[1]
        for submodule in self._constructed(info):
            if submodule.subject != info.subject:
                below = self.project.entry(submodule)
                if below is not None:
                    yield submodule, below[0].unit, below[1]
                    yield from self._compiled_of(submodule)

    def _compiled_of(
        self, info: ClassInfo
    ) -> Iterator[tuple[ClassInfo | None, Unit, FunctionNode]]:
        """What TorchScript compiles whether it is used or not: properties, exported methods."""
        for current in (info, *self.project.bases(info)):
            for method in current.methods.values():
                if any(current.unit.resolve(d) in _COMPILED for d in method.decorator_list):
                    yield info, current.unit, method

    def _constructed(self, info: ClassInfo) -> Iterator[ClassInfo]:
        """The project's classes that a class names anywhere but in its forward."""
        for current in (info, *self.project.bases(info)):
            if current.node not in self._named:
                self._named[current.node] = tuple(self._classes_named(current))
            yield from self._named[current.node]

    @cached_property
    def _named(self) -> dict[ast.ClassDef, tuple[ClassInfo, ...]]:
        return {}

    def _classes_named(self, info: ClassInfo) -> Iterator[ClassInfo]:
        for node in walk(info.node):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                found = self.project.find_class(info.unit, node)
                if found is not None and node not in info.node.bases:
                    yield found

    def made_with(self, subject: Subject) -> Iterator[tuple[Unit, ast.ClassDef | FunctionNode]]:
        """The functions and classes that making a module may run: what its class names, and so on.

        A layer that `def conv3x3(...)` makes belongs to each module that calls it in __init__.
        """
        info = self.project.classes.get(subject)
        waiting: list[tuple[Unit, ast.ClassDef | FunctionNode]] = []
        if info is not None:
            waiting.append((info.unit, info.node))
        seen: set[ast.AST] = set()
        while waiting:
            unit, node = waiting.pop()
            if node not in seen:
                seen.add(node)
                yield unit, node
                if node not in self._definitions_named:
                    self._definitions_named[node] = tuple(self._look_up_names(unit, node))
                waiting.extend(self._definitions_named[node])

    @cached_property
    def _definitions_named(
        self,
    ) -> dict[ast.AST, tuple[tuple[Unit, ast.ClassDef | FunctionNode], ...]]:
        return {}

    def _look_up_names(
        self, unit: Unit, within: ast.AST
    ) -> Iterator[tuple[Unit, ast.ClassDef | FunctionNode]]:
        for node in walk(within):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                info = self.project.find_class(unit, node)
                found = self.project.find_function(unit, node)
                if info is not None:
                    yield info.unit, info.node
                elif found is not None:
                    yield found

    def _called(
        self, owner: ClassInfo | None, unit: Unit, function: FunctionNode
    ) -> Iterator[tuple[ClassInfo | None, Unit, FunctionNode]]:
        if owner is not None and function.name in ("forward", "__call__"):
            yield from self._forward_of(owner)
        for node in walk(function):
            if not isinstance(node, ast.Name | ast.Attribute):
                continue
            if owner is not None and is_self_attribute(node) and isinstance(node, ast.Attribute):
                found = self.project.find_method(owner, node.attr)
                if found is not None:
                    yield owner, found[0].unit, found[1]
                else:
                    yield from self._kept(owner, node.attr)
                continue
            if owner is not None and _is_super_attribute(node) and isinstance(node, ast.Attribute):
                for base in self.project.bases(owner):
                    if node.attr in base.methods:
                        yield owner, base.unit, base.methods[node.attr]
                continue
            called = self.project.find_function(unit, node)
            if called is not None:
                yield None, called[0], called[1]
            if isinstance(node, ast.Attribute):
                yield from self._of_class(unit, node)
            constructed = self.project.find_class(unit, node)
            if constructed is not None and self.project.is_module(constructed):
                yield from self._forward_of(constructed)

    def _of_class(
        self, unit: Unit, node: ast.Attribute
    ) -> Iterator[tuple[ClassInfo | None, Unit, FunctionNode]]:
        """A method that is read on its class: `Mask.of_size`."""
        info = self.project.find_class(unit, node.value)
        found = self.project.find_method(info, node.attr) if info is not None else None
        if found is not None:
            yield info, found[0].unit, found[1]

    def _kept(
        self, owner: ClassInfo, attribute: str
    ) -> Iterator[tuple[ClassInfo | None, Unit, FunctionNode]]:
        """The functions that a class assigns to an attribute: `self.act = swish`, or a method."""
        for info in (owner, *self.project.bases(owner)):
            for binder in info.unit.attribute_binders(info.node, attribute):
                if not isinstance(binder, ast.Assign):
                    continue
                value = binder.value
                for arm in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                    called = _called_in_the_end(arm, info.unit)
                    kept = self.project.find_function(info.unit, called)
                    if kept is not None:
                        yield None, kept[0], kept[1]
                    elif isinstance(called, ast.Attribute) and is_self_attribute(called):
                        method = self.project.find_method(owner, called.attr)
                        if method is not None:
                            yield owner, method[0].unit, method[1]


def _called_in_the_end(value: ast.expr, unit: Unit) -> ast.expr:
    """The function that functools.partial was given, or the value itself."""
    if isinstance(value, ast.Call) and value.args:
        if unit.resolve(value.func) == "functools.partial":
            return value.args[0]
    return value


def is_self_attribute(node: ast.AST, name: str | None = None) -> bool:
    """Whether a node is `self.something`, or `self.name` where a name is given."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and (name is None or node.attr == name)
    )


def _is_super_attribute(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
    )
