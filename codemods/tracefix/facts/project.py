"""All files of a run together: which class a name means, and what it inherits."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tracefix.facts.unit import FunctionNode, Unit
from tracefix.model import Subject

# Classes of torch, and of the frameworks over it, whose subclasses are modules.
_MODULE_BASES = (
    "torch.nn.",
    "torch.jit.ScriptModule",
    "torchvision.models.",
    "pytorch_lightning.",
    "lightning.",
    "timm.",
)


@dataclass(frozen=True, eq=False)
class ClassInfo:
    """A class of the project, with the file that it lies in."""

    unit: Unit
    node: ast.ClassDef

    @property
    def subject(self) -> Subject:
        return Subject(self.unit.path, self.unit.qualname(self.node))

    @property
    def methods(self) -> Mapping[str, FunctionNode]:
        return self.unit.methods(self.node)


@dataclass(frozen=True, eq=False)
class Project:
    """The units of a run by path."""

    units: Mapping[str, Unit]

    @cached_property
    def classes(self) -> Mapping[Subject, ClassInfo]:
        """Every class of every file."""
        return {
            Subject(unit.path, name): ClassInfo(unit, node)
            for unit in self.units.values()
            for name, node in unit.classes.items()
        }

    def find_class(self, unit: Unit, node: ast.AST) -> ClassInfo | None:
        """The project's class that an expression of `unit` names, or None."""
        name = unit.resolve(node) if unit.may_name_definition(node) else None
        return None if name is None else self._class_named(unit, name)

    def _class_named(self, unit: Unit, name: str) -> ClassInfo | None:
        key = (unit.path, name)
        if key not in self._classes_found:
            self._classes_found[key] = None  # packages may pass a name on in a circle
            self._classes_found[key] = self._look_up_class(unit, name)
        return self._classes_found[key]

    @cached_property
    def _classes_found(self) -> dict[tuple[str, str], ClassInfo | None]:
        return {}

    def _look_up_class(self, unit: Unit, name: str) -> ClassInfo | None:
        if name in unit.classes:
            return ClassInfo(unit, unit.classes[name])
        for candidate, rest in self._modules_of(unit, name):
            if rest in candidate.classes:
                return ClassInfo(candidate, candidate.classes[rest])
            # A name that a package's __init__ passes on.
            if rest in candidate.imports and candidate is not unit:
                return self._class_named(candidate, candidate.imports[rest])
        return None

    def find_function(self, unit: Unit, node: ast.AST) -> tuple[Unit, FunctionNode] | None:
        """The project's module-level function that an expression of `unit` names, or None."""
        name = unit.resolve(node) if unit.may_name_definition(node) else None
        if name is None:
            return None
        key = (unit.path, name)
        if key not in self._functions_found:
            self._functions_found[key] = self._look_up_function(unit, name)
        return self._functions_found[key]

    @cached_property
    def _functions_found(self) -> dict[tuple[str, str], tuple[Unit, FunctionNode] | None]:
        return {}

    def _look_up_function(self, unit: Unit, name: str) -> tuple[Unit, FunctionNode] | None:
        if name in unit.functions:
            return unit, unit.functions[name]
        for candidate, rest in self._modules_of(unit, name):
            if rest in candidate.functions:
                return candidate, candidate.functions[rest]
        return None

    def _modules_of(self, unit: Unit, name: str) -> Iterator[tuple[Unit, str]]:
        """The units that the front of a dotted name could mean, with the rest of the name."""
        level = len(name) - len(name.lstrip("."))
        parts = name.lstrip(".").split(".")
        folder = posixpath.dirname(unit.path)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        for cut in range(len(parts) - 1, -1, -1):
            tail, rest = "/".join(parts[:cut]), ".".join(parts[cut:])
            for stem in self._stems(folder, tail, relative=level > 0):
                for path in (f"{stem}.py", f"{stem}/__init__.py"):
                    if path.lstrip("/") in self.units:
                        yield self.units[path.lstrip("/")], rest

    def _stems(self, folder: str, tail: str, *, relative: bool) -> Iterator[str]:
        if relative:
            yield posixpath.join(folder, tail).rstrip("/")
            return
        if not tail:
            return
        while True:  # an absolute import may be rooted at any folder above the file
            yield posixpath.join(folder, tail)
            if folder in ("", "/"):
                return
            folder = posixpath.dirname(folder)

    def bases(self, info: ClassInfo) -> tuple[ClassInfo, ...]:
        """The class's project ancestors, nearest first, each once."""
        if info.node not in self._bases:
            self._bases[info.node] = tuple(self._ancestors(info))
        return self._bases[info.node]

    @cached_property
    def _bases(self) -> dict[ast.ClassDef, tuple[ClassInfo, ...]]:
        return {}

    def _ancestors(self, info: ClassInfo) -> Iterator[ClassInfo]:
        seen, waiting = {info.subject}, [info]
        while waiting:
            current = waiting.pop(0)
            for base in current.node.bases:
                found = self.find_class(current.unit, base)
                if found is not None and found.subject not in seen:
                    seen.add(found.subject)
                    waiting.append(found)
                    yield found

    def derived(self, info: ClassInfo) -> Iterator[ClassInfo]:
        """The project's classes that inherit from a class, in the order of their files."""
        yield from self._derived.get(info.subject, ())

    @cached_property
    def _derived(self) -> Mapping[Subject, list[ClassInfo]]:
        found: dict[Subject, list[ClassInfo]] = {}
        for candidate in self.classes.values():
            for base in self.bases(candidate):
                found.setdefault(base.subject, []).append(candidate)
        return found

    def is_module(self, info: ClassInfo) -> bool:
        """Whether a class derives from torch.nn.Module, as far as its text tells."""
        for current in (info, *self.bases(info)):
            for base in current.node.bases:
                name = current.unit.resolve(base) or ""
                if name.startswith(_MODULE_BASES) or name.rpartition(".")[2] == "Module":
                    return True
        return False

    def find_method(self, info: ClassInfo, name: str) -> tuple[ClassInfo, FunctionNode] | None:
        """A method by name, in the class or the nearest project ancestor that defines it."""
        for current in (info, *self.bases(info)):
            if name in current.methods:
                return current, current.methods[name]
        return None

    def entry(self, info: ClassInfo) -> tuple[ClassInfo, FunctionNode] | None:
        """What a call of a module runs: forward, or a `__call__` of its own where it has none."""
        return self.find_method(info, "forward") or self.find_method(info, "__call__")

    @cached_property
    def modules(self) -> tuple[ClassInfo, ...]:
        """The classes that can be verified: modules that define what a call runs, or inherit it."""
        return tuple(
            info
            for info in self.classes.values()
            if self.is_module(info) and self._has_forward(info)
        )

    def _has_forward(self, info: ClassInfo) -> bool:
        if self.entry(info) is not None:
            return True
        # A subclass of a torch layer that only changes __init__ runs the layer's forward.
        names = {c.unit.resolve(b) for c in (info, *self.bases(info)) for b in c.node.bases}
        return any(n and n.startswith("torch.nn.") and n != "torch.nn.Module" for n in names)

    def is_abstract(self, info: ClassInfo) -> bool:
        """Whether forward only raises NotImplementedError, so that nothing can run."""
        found = self.find_method(info, "forward")
        if found is None:
            return False
        body = [s for s in found[1].body if not _is_docstring(s)]
        return len(body) == 1 and isinstance(body[0], ast.Raise | ast.Pass)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
