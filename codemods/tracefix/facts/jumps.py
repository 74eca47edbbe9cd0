"""The statements that leave a loop, or its round, early."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

Jump = ast.Break | ast.Continue


def jumps(body: Sequence[ast.stmt]) -> Iterator[Jump]:
    """The break and continue statements that belong to the loop whose body this is."""
    for statement in body:
        if isinstance(statement, Jump):
            yield statement
        elif isinstance(statement, ast.For | ast.AsyncFor | ast.While):
            yield from jumps(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from jumps(getattr(statement, field, []))
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                yield from jumps(part.body)
