"""What a run that is out of time leaves out, and what it does all the same."""

from __future__ import annotations

import time
from dataclasses import replace

from made_session import SUBJECT, MadeVerifier, blocked_by, made_session, renaming
from tracefix.model import Target
from tracefix.repair.minimise import minimise
from tracefix.repair.pace import Pace, Stage
from tracefix.repair.prove import Proven, prove
from tracefix.repair.search import search, untouched
from tracefix.repair.session import Session

FIRST = renaming("first", "one", answers=("first",))
THIRD = renaming("third", "three", answers=("third",))


def _paced(verifier: MadeVerifier, gone: float, limit: float = 100.0) -> Session:
    session = made_session(verifier, FIRST, THIRD)
    return replace(session, pace=Pace(limit, time.monotonic() - gone))


def test_each_stage_ends_at_its_share() -> None:
    pace = Pace(100.0, time.monotonic() - 67)
    assert [stage for stage in Stage if pace.is_over(stage)] == [Stage.SEARCHING, Stage.MINIMISING]
    assert pace.cut_short


def test_nothing_is_cut_short_in_time_nor_by_leaving_out_the_timing() -> None:
    early, late = Pace(100.0), Pace(100.0, time.monotonic() - 95)
    assert not any(early.is_over(stage) for stage in Stage)
    assert late.is_over(Stage.TIMING)
    assert not early.cut_short
    assert not late.cut_short


def test_no_limit_is_ever_over() -> None:
    lifted = Pace(100.0, time.monotonic() - 95)
    lifted.lift()
    for pace in (Pace(0.0, time.monotonic() - 1e6), lifted):
        assert not any(pace.is_over(stage) for stage in Stage)


def test_a_late_search_makes_one_round() -> None:
    session = _paced(MadeVerifier(blocked_by("first", "third")), gone=52)
    found = search(session, untouched(session))
    assert [step.id.rule for step in found.steps] == ["first-for-one"]
    assert not found.standing[SUBJECT][Target.SCRIPT].ok
    assert session.pace.cut_short


def test_fixes_that_there_was_no_time_to_try_without_are_proven() -> None:
    both = _paced(MadeVerifier(blocked_by("first", "third")), gone=0)
    found = search(both, untouched(both))
    lenient = MadeVerifier(blocked_by("first"))  # does not need the other
    early, late = _paced(lenient, gone=0), _paced(lenient, gone=67)
    assert [step.id.rule for step in minimise(early, found)] == ["first-for-one"]
    kept = minimise(late, found)
    assert len(kept) == 2
    assert late.pace.cut_short
    proven = prove(late, kept, Proven((), {}))
    assert proven.proofs[SUBJECT].outcome.ok
