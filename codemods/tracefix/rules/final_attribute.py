"""Declaring in a class's body what its attributes are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts, FunctionNode
from tracefix.facts.tree import walk
from tracefix.rewrite.change import Edit, after, before


def is_final(name: str, info: ClassInfo) -> bool:
    """Whether a class's own body declares an attribute Final, or lists it in __constants__."""
    for statement in info.node.body:
        if isinstance(statement, ast.AnnAssign) and _is_name(statement.target, name):
            if "Final" in ast.unparse(statement.annotation):
                return True
        if isinstance(statement, ast.Assign) and _is_name(statement.targets[0], "__constants__"):
            listed = walk(statement.value)
            if any(isinstance(n, ast.Constant) and n.value == name for n in listed):
                return True
    return False


def declared(
    name: str, info: ClassInfo, facts: Facts, type_: str = "Final[bool]"
) -> Iterator[Edit]:
    """The edits that say `name: Final[bool]` in a class's body, and in those below it that need it.

    TorchScript looks for annotations in the nearest class that has any.
    """
    if not is_final(name, info):
        yield given(f"{name}: {type_}", info.node)
    yield from repeated(name, info, facts, type_)


def repeated(name: str, info: ClassInfo, facts: Facts, type_: str) -> Iterator[Edit]:
    """The same for the classes of the file that inherit from one and have annotations of their own."""
    for member in facts.project.derived(info):
        if member.unit is facts.unit and not is_final(name, member):
            if any(map(_annotates, member.node.body)):
                yield given(f"{name}: {type_}", member.node)


def given(line: str, owner: ast.ClassDef) -> Edit:
    """A line at the end of a class's annotations, or above its first method."""
    method = next((s for s in owner.body if isinstance(s, FunctionNode)), None)
    above = owner.body if method is None else owner.body[: owner.body.index(method)]
    annotations = [s for s in above if _annotates(s)]
    if method is None or annotations:
        return after((annotations or owner.body)[-1], line)
    return before(method, line)


def _annotates(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AnnAssign)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
