"""Where a class or function of a plan is defined."""

from __future__ import annotations

import ast

from tracefix.model import Place, Source, Subject

_KINDS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def head(source: Source, subject: Subject) -> Place | None:
    """The start of a subject's `class` or `def`; None where the source has no such name."""
    try:
        found: ast.AST | None = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    for name in subject.qualname.split("."):
        found = next((node for node in _inside(found) if node.name == name), None)
        if found is None:
            return None
    if not isinstance(found, _KINDS):
        return None
    return source.place(source.offset(found.lineno, found.col_offset))


def _inside(node: ast.AST | None) -> list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    below = ast.walk(node) if node is not None else ()
    return [each for each in below if isinstance(each, _KINDS) and each is not node]
