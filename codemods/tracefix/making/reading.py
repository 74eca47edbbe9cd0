"""Code that shows how classes are used: parsed, and its names as a recipe may say them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from tracefix.facts import ClassInfo, Project, Unit
from tracefix.making.configs import SUFFIXES
from tracefix.model import Source


def parsed(snippets: Iterable[Source]) -> Iterator[Unit]:
    """The snippets that are Python."""
    for source in snippets:
        if source.path.endswith(SUFFIXES):
            continue
        try:
            yield Unit.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            continue


def text_for(project: Project, unit: Unit, info: ClassInfo) -> Callable[[ast.expr], str | None]:
    """How a recipe for a class says what an expression of `unit` names; None where it cannot.

    It knows torch, and the module that the class lies in with all that is defined or imported there.
    """

    def name_of(node: ast.expr) -> str | None:
        name = unit.resolve(node)
        if name is not None and (name == "torch" or name.startswith("torch.")):
            return name
        other = project.find_class(unit, node)
        if other is not None and other.unit is info.unit:
            return f"module.{other.subject.qualname}"
        if other is not None and "." not in other.subject.qualname:
            return _imported(project, info, other)
        if unit is info.unit and isinstance(node, ast.Name):
            known = node.id in unit.functions or node.id in unit.globals
            return f"module.{node.id}" if known else None
        return None

    return name_of


def _imported(project: Project, info: ClassInfo, other: ClassInfo) -> str | None:
    """A class of another file by the name that the class's own file imports it under."""
    for alias in info.unit.imports:
        if "." not in alias:
            found = project.find_class(info.unit, ast.Name(alias, ast.Load(), lineno=1 << 30))
            if found is not None and found.subject == other.subject:
                return f"module.{alias}"
    return None
