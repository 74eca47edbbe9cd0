"""Which names a line of the user's code speaks of."""

from __future__ import annotations

import ast
import functools
import linecache


@functools.lru_cache(maxsize=64)
def _tree(file: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None


@functools.lru_cache(maxsize=4096)
def names_at(file: str, line: int) -> tuple[str, ...]:
    """The names and attributes in the statement at a line, and in what its names were set to."""
    function, statement = _around(file, line)
    if statement is None or isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return ()
    found = dict.fromkeys(_named(statement))
    for _ in range(2):
        for name, value in _assigned(function):
            if name in found:
                found |= dict.fromkeys(_named(value))
    return tuple(found)


@functools.lru_cache(maxsize=64)
def _statements(file: str) -> tuple[ast.stmt, ...]:
    tree = _tree(file)
    return tuple(n for n in ast.walk(tree) if isinstance(n, ast.stmt)) if tree is not None else ()


def _around(file: str, line: int) -> tuple[ast.stmt | None, ast.stmt | None]:
    """The innermost function, and the innermost statement, at a line."""
    around = [n for n in _statements(file) if n.lineno <= line <= (n.end_lineno or n.lineno)]
    functions = [n for n in around if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    function = max(functions, key=lambda n: n.lineno, default=None)
    return function, max(around, key=lambda n: n.lineno, default=None)


def _named(node: ast.AST) -> list[str]:
    """The names in a statement; of a block, in its head alone."""
    heads = [getattr(node, name, None) for name in ("test", "iter", "items")]
    inside = [head for head in heads if isinstance(head, ast.AST)] if hasattr(node, "body") else []
    found: list[str] = []
    for each in inside or [node]:
        for part in ast.walk(each):
            if isinstance(part, ast.Attribute):
                found.append(part.attr)
            elif isinstance(part, ast.Name):
                found.append(part.id)
            elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                found.append(part.value)
    return found


def _assigned(function: ast.AST | None) -> list[tuple[str, ast.expr]]:
    found = []
    for node in ast.walk(function) if function is not None else ():
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found += [(n.id, node.value) for n in ast.walk(target) if isinstance(n, ast.Name)]
                found += [(n.attr, node.value) for n in [target] if isinstance(n, ast.Attribute)]
    return found
