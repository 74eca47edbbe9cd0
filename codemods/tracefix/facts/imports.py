"""What the names that a file imports stand for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from tracefix.facts.binders import Scope
from tracefix.facts.tree import walk

_LIES_IN = re.compile(r"^torch\.nn\.(modules\.(\w+\.)?|parameter\.)(?=[A-Z])")


def imported(tree: ast.Module) -> Mapping[str, str]:
    """The full name behind each imported one, e.g. {"nn": "torch.nn"}; relative ones keep dots."""
    return _named(walk(tree))


def imported_for_all(tree: ast.Module) -> Mapping[str, str]:
    """The imported names that mean the same all over the file, with what they stand for.

    Not those that a function imports for itself, and none that anything else binds: a rewrite may
    stand where `F` is a variable.
    """
    in_functions = {
        node
        for function in walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    own = {name for node in walk(tree) for name in _bound_by(node)} | set(_named(in_functions))
    outside = (node for node in walk(tree) if node not in in_functions)
    return {name: origin for name, origin in _named(outside).items() if name not in own}


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a node other than an import binds."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    return [node.name] if isinstance(node, Scope | ast.ExceptHandler) and node.name else []


def _named(nodes: Iterable[ast.AST]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                joint = "" if base.endswith(".") or not base else "."
                found[alias.asname or alias.name] = f"{base}{joint}{alias.name}"
    return found


def taken_over(tree: ast.Module) -> Mapping[str, int]:
    """The last lines of the module's own definitions that take an imported name over."""
    found: dict[str, int] = {}
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, Scope) and statement.name in names:
            # Its own body reads the name when it is bound; decorators and bases before that.
            found[statement.name] = statement.body[0].lineno - 1
    return found


def public_name(name: str) -> str:
    """A layer by its public name, also where it is imported from the file that it lies in."""
    return _LIES_IN.sub("torch.nn.", name) if name.startswith("torch.nn.") else name
