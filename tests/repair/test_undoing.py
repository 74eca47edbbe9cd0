"""A text without some fixes is what the other fixes alone make of it, or None."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from made_session import PATH, TEXT, MadeVerifier, blocked_by, made_session, renaming
from tracefix.facts import Facts
from tracefix.repair.session import Session
from tracefix.repair.workspace import Step
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule

FIRST = renaming("first", "one_that_is_longer")
SECOND = renaming("second", "b2")
AGAIN = renaming("one_that_is_longer", "one")  # stands on what the first has written


def _session() -> Session:
    return made_session(MadeVerifier(blocked_by()), FIRST, SECOND, AGAIN)


def _steps(session: Session, *slugs: str) -> list[Step]:
    """The fixes of some rules, each looked for with those before it."""
    steps: list[Step] = []
    for slug in slugs:
        version = session.workspace.version(steps)
        found = version.candidates(PATH, [r for r in session.workspace.rules if r.slug == slug])
        steps += [Step(candidate.id) for candidate in found]
    return steps


@pytest.mark.parametrize("count", range(3))
def test_the_others_alone_give_the_same_text(count: int) -> None:
    session = _session()
    steps = _steps(session, FIRST.slug, SECOND.slug)
    for kept in itertools.combinations(steps, count):
        expected = session.workspace.version(kept).texts
        assert session.workspace.nearly(steps, kept) == expected
        assert (expected[PATH] == TEXT) == (count == 0)


def test_what_a_later_fix_stands_on_is_carried_out_anew() -> None:
    session = _session()
    steps = _steps(session, FIRST.slug, SECOND.slug, AGAIN.slug)
    assert "one(" in session.workspace.version(steps).texts[PATH]
    for kept in (steps[1:], steps[2:], steps[1:2]):
        expected = session.workspace.version(kept).texts
        assert session.workspace.nearly(steps, kept) == expected
        assert "first(" in expected[PATH]


def test_a_later_fix_is_taken_back_by_itself() -> None:
    session = _session()
    steps = _steps(session, FIRST.slug, SECOND.slug, AGAIN.slug)
    text = session.workspace.nearly(steps, steps[:2])[PATH]
    assert "one_that_is_longer(" in text
    assert text == session.workspace.version(steps[:2]).texts[PATH]


def test_an_import_stays_while_one_fix_wants_it() -> None:
    rules = [_with_import(FIRST), _with_import(SECOND)]
    session = made_session(MadeVerifier(blocked_by()), *rules)
    steps = _steps(session, FIRST.slug, SECOND.slug)
    for kept in ([], steps[:1], steps[1:], steps):
        text = session.workspace.nearly(steps, kept)[PATH]
        assert text == session.workspace.version(kept).texts[PATH]
        assert ("import math" in text) == bool(kept)


def _with_import(rule: Rule) -> Rule:
    def fix(hit: Hit, facts: Facts) -> Change:
        change = rule.fix(hit, facts)
        assert isinstance(change, Change)
        return replace(change, imports=("import math",))

    return replace(rule, fix=fix)
