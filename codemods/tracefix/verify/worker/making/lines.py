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
    tree = _tree(file)
    if tree is None:
        return ()
    function = _innermost(tree, line, (ast.FunctionDef, ast.AsyncFunctionDef))
    statement = _innermost(tree, line, (ast.stmt,))
    if statement is None or isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return ()
    found = dict.fromkeys(_named(statement))
    for _ in range(2):
        for name, value in _assigned(function):
            if name in found:
                found |= dict.fromkeys(_named(value))
    return tuple(found)


def _innermost(tree: ast.AST, line: int, kinds: tuple[type[ast.AST], ...]) -> ast.AST | None:
    best: ast.AST | None = None
    for node in ast.walk(tree):
        if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or 0):  # type: ignore[attr-defined]
            if best is None or node.lineno >= best.lineno:  # type: ignore[attr-defined]
                best = node
    return best


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
