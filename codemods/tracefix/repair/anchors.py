"""Finds a statement again in a text that other fixes have changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tracefix.facts import Facts
from tracefix.facts.tree import walk
from tracefix.model import Outcome, Place


@dataclass(frozen=True)
class Anchor:
    """A statement by what it says: its scope, its first line, and which of several equal ones."""

    path: str
    scope: str
    line: str
    ordinal: int


def anchor_at(place: Place, facts: Facts) -> Anchor | None:
    """The anchor of the statement at a place, or None where the file has none there."""
    statement = statement_at(place, facts)
    if statement is None:
        return None
    scope, line = facts.unit.scope(statement), _first_line(statement, facts)
    equal = _saying(scope, line, facts)
    return Anchor(place.path, scope, line, equal.index(statement))


def relocated(error: Outcome, at: Anchor | None, facts: Facts) -> Outcome:
    """torch's error with its innermost place moved to where its statement stands in this text."""
    if at is None or not error.places:
        return error
    equal = _saying(at.scope, at.line, facts)
    if len(equal) <= at.ordinal:
        return error
    statement = equal[at.ordinal]
    moved = tuple(
        replace(place, line=statement.lineno) if n == 0 and place.path == at.path else place
        for n, place in enumerate(error.places)
    )
    return replace(error, places=moved)


def statement_at(place: Place, facts: Facts) -> ast.stmt | None:
    """The innermost statement on a line."""
    found: ast.stmt | None = None
    for statement in _statements(facts):
        if statement.lineno <= place.line <= (statement.end_lineno or statement.lineno):
            if found is None or statement.lineno >= found.lineno:
                found = statement
    return found


def _statements(facts: Facts) -> Iterator[ast.stmt]:
    return (node for node in walk(facts.unit.tree) if isinstance(node, ast.stmt))


def _saying(scope: str, line: str, facts: Facts) -> list[ast.stmt]:
    """The statements of a scope that begin with a line, in the order of the tree."""
    equal = facts.once(_by_first_line).get(line, ())
    return [statement for statement in equal if facts.unit.scope(statement) == scope]


def _by_first_line(facts: Facts) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for statement in _statements(facts):
        found.setdefault(_first_line(statement, facts), []).append(statement)
    return found


def _first_line(statement: ast.stmt, facts: Facts) -> str:
    return facts.unit.source.line(statement.lineno).strip()
