"""Which names a line of the user's code speaks of."""

from __future__ import annotations

import ast
import bisect
import functools
import linecache


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
def _statements(file: str, first: int, end: int) -> tuple[ast.stmt, ...]:
    """The statements in some lines of a file, which count from the first of them."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)[first:end]))
    except (SyntaxError, ValueError):
        return ()
    return tuple(n for n in ast.walk(tree) if isinstance(n, ast.stmt))


def _definition(file: str, line: int) -> tuple[int, int]:
    """The lines of the class or function of the file's body that holds a line.

    To parse a file of thousands of lines in each process takes longer than the search itself.
    """
    lines, starts = linecache.getlines(file), _starts(file)
    number = bisect.bisect_right(starts, line - 1)
    first = starts[number - 1] if number else 0
    end = starts[number] if number < len(starts) else len(lines)
    while end > line and lines[end - 1].startswith("@"):  # of what comes next
        end -= 1
    return first, end


@functools.lru_cache(maxsize=64)
def _starts(file: str) -> list[int]:
    lines = enumerate(linecache.getlines(file))
    return [number for number, line in lines if line.startswith(("class ", "def ", "async def "))]


def _around(file: str, line: int) -> tuple[ast.stmt | None, ast.stmt | None]:
    """The innermost function, and the innermost statement, at a line."""
    first, end = _definition(file, line)
    statements = _statements(file, first, end)
    if not statements:  # a string or bracket goes on at the start of a line
        first, statements = 0, _statements(file, 0, len(linecache.getlines(file)))
    own = line - first
    around = [n for n in statements if n.lineno <= own <= (n.end_lineno or n.lineno)]
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
