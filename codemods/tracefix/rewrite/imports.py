"""Adds the imports that a fix needs, each once, where the file has its own."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterator, Sequence

from tracefix.facts.unit import Unit
from tracefix.model import Span, TextEdit


def import_edits(wanted: Sequence[str], unit: Unit) -> Iterator[TextEdit]:
    """The edits that make statements such as "from typing import Optional" hold in `unit`."""
    for statement in _joined(wanted):
        node = ast.parse(statement).body[0]
        if isinstance(node, ast.ImportFrom):
            missing = [a.name for a in node.names if not _imported(unit, node, a)]
            if missing:
                yield _add_names(unit, node, missing)
        elif isinstance(node, ast.Import) and not _in_scope(unit, node):
            yield _new_line(unit, statement)


def _joined(wanted: Sequence[str]) -> Iterator[str]:
    """The statements, with what several take from one module in one of them."""
    taken: dict[str, list[str]] = {}
    for statement in wanted:
        source, joint, names = statement.partition(" import ")
        taken.setdefault(source if joint else statement, []).extend([names] if joint else [])
    for source, lists in taken.items():
        every = sorted({name for names in lists for name in names.split(", ")})
        yield f"{source} import {', '.join(every)}" if every else source


def _in_scope(unit: Unit, wanted: ast.Import) -> bool:
    """Whether some module-level import binds the same names to the same modules."""
    return all(
        any(
            isinstance(s, ast.Import)
            and any((a.name, a.asname) == (alias.name, alias.asname) for a in s.names)
            for s in unit.tree.body
        )
        for alias in wanted.names
    )


def _imported(unit: Unit, wanted: ast.ImportFrom, alias: ast.alias) -> bool:
    return any(
        a.name == alias.name and a.asname == alias.asname
        for s in _same_module(unit, wanted)
        for a in s.names
    )


def _same_module(unit: Unit, wanted: ast.ImportFrom) -> list[ast.ImportFrom]:
    return [
        s
        for s in unit.tree.body
        if isinstance(s, ast.ImportFrom)
        and (s.module, s.level) == (wanted.module, wanted.level)
        and s.names[0].name != "*"
    ]


def _add_names(unit: Unit, wanted: ast.ImportFrom, names: list[str]) -> TextEdit:
    existing = _same_module(unit, wanted)
    if not existing:
        return _new_line(
            unit, f"from {'.' * wanted.level}{wanted.module} import {', '.join(names)}"
        )
    last = existing[-1].names[-1]
    at = unit.span(last).end
    return TextEdit(Span(at, at), "".join(f", {name}" for name in names))


def _new_line(unit: Unit, statement: str) -> TextEdit:
    """The statement on a line of its own, where an import of its kind belongs."""
    newline = unit.source.newline
    imports = [s for s in unit.tree.body if isinstance(s, ast.Import | ast.ImportFrom)]
    future = [s for s in imports if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    others = [s for s in imports if s not in future]
    if others and not statement.startswith(("import torch", "from torch")):
        first = list(itertools.takewhile(_is_standard, others))
        if not first:  # the standard library comes before all else, in a block of its own
            at = unit.source.line_starts[others[0].lineno - 1]
            return TextEdit(Span(at, at), statement + newline * 2)
        return _line_behind(first[-1], statement, unit)
    anchor = (others or future or _docstring(unit))[-1:]
    if not anchor:
        return TextEdit(Span(0, 0), statement + newline)
    return _line_behind(anchor[0], statement, unit)


def _line_behind(anchor: ast.stmt, statement: str, unit: Unit) -> TextEdit:
    newline = unit.source.newline
    end_line = anchor.end_lineno or anchor.lineno
    starts = unit.source.line_starts
    if end_line < len(starts):
        return TextEdit(Span(starts[end_line], starts[end_line]), statement + newline)
    end = len(unit.source.text)
    return TextEdit(Span(end, end), newline + statement)


def _is_standard(statement: ast.Import | ast.ImportFrom) -> bool:
    """Whether an import is of Python's own library."""
    if isinstance(statement, ast.ImportFrom):
        named = "" if statement.level else statement.module or ""
    else:
        named = statement.names[0].name
    return named.partition(".")[0] in sys.stdlib_module_names


def _docstring(unit: Unit) -> list[ast.stmt]:
    first = unit.tree.body[:1]
    if first and isinstance(first[0], ast.Expr) and isinstance(first[0].value, ast.Constant):
        return first if isinstance(first[0].value.value, str) else []
    return []
