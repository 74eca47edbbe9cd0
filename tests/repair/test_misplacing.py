"""What the meta device refuses is found before the proof, unless a further fix mends it."""

from __future__ import annotations

from made_session import PATH, TEXT, MadeVerifier, blocked_by, made_session, renaming
from tracefix.model import PASSED, Outcome
from tracefix.repair.search import search, untouched
from tracefix.repair.session import Session
from tracefix.rules import Rule

FIRST = renaming("first", "one", answers=("first",))
SECOND = renaming("second", "reader", answers=("second",))
MENDING = renaming("reader", "two", answers=("reader",))


def _refused(text: str) -> Outcome:
    return Outcome("device", False, "item() on meta") if "reader(" in text else PASSED


def _session(*names: str, rules: tuple[Rule, ...] = (FIRST, SECOND)) -> Session:
    verifier = MadeVerifier(blocked_by(*names), eager=_refused)
    return made_session(verifier, *rules)


def test_a_fix_that_keeps_a_module_from_meta_is_taken_back() -> None:
    session = _session("first", "second", "third")
    found = search(session, untouched(session))
    assert [step.id.rule for step in found.steps] == [FIRST.slug]
    assert list(found.harmful.values()) == ["m.py::M: item() on meta"]


def test_a_further_fix_may_mend_it() -> None:
    session = _session("first", "second", "reader", rules=(FIRST, SECOND, MENDING))
    found = search(session, untouched(session))
    text = session.workspace.version(found.steps).texts[PATH]
    assert text == TEXT.replace("first", "one").replace("second", "two")
    assert found.harmful == {}


def test_the_search_goes_on_without_it() -> None:
    session = _session("second", "first")
    found = search(session, untouched(session))
    assert [step.id.rule for step in found.steps] == [FIRST.slug]
