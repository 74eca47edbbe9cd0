"""What a run that is out of time leaves out, and what it does all the same."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from made_session import SUBJECT, TEXT, MadeVerifier, blocked_by, made_session, renaming
from tracefix.model import PASSED, Outcome, Subject, Target
from tracefix.repair.minimise import minimise
from tracefix.repair.pace import Pace, Stage
from tracefix.repair.prove import Proven, prove
from tracefix.repair.search import search, untouched
from tracefix.repair.session import Session
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Proof

FIRST = renaming("first", "one", answers=("first",))
THIRD = renaming("third", "three", answers=("third",))


def _paced(verifier: MadeVerifier, gone: float, limit: float = 100.0) -> Session:
    session = made_session(verifier, FIRST, THIRD)
    return replace(session, pace=Pace(limit, time.monotonic() - gone))


def test_each_stage_ends_at_its_share() -> None:
    pace = Pace(100.0, time.monotonic() - 67)
    over = [stage for stage in Stage if pace.is_over(stage)]
    assert over == [Stage.TRYING, Stage.SEARCHING, Stage.MINIMISING]
    assert pace.cut_short
    assert 2.0 < pace.left(Stage.REPLACING) <= 3.0
    assert pace.left(Stage.SEARCHING) == 0.0
    assert pace.has_room_before(20.0, 10.0)
    assert not pace.has_room_before(20.0, 15.0)
    half = Pace(100.0, time.monotonic() - 45)
    assert half.has_room_before(1000.0, 4.0)  # 50 of 100 seconds are kept for it
    assert not half.has_room_before(1000.0, 6.0)


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
        assert pace.left(Stage.TRYING) == math.inf
        assert pace.has_room_before(1e6, 1e6)


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


TWO = f"""{TEXT}

class Slow(nn.Module):
    def forward(self, x):
        return third(x)
"""
SLOW = Subject(SUBJECT.path, "Slow")


def _of_two(gone: float, text: str = TWO) -> tuple[Session, tuple[Step, ...]]:
    """A session about a quick and a slow class, and the fixes for both."""
    verifier = MadeVerifier(blocked_by("first", "third"))
    session = made_session(verifier, FIRST, THIRD, text=text)
    blocked = session.baselines[SUBJECT]
    baselines = {SUBJECT: blocked, SLOW: replace(blocked, subject=SLOW, seconds=40.0)}
    session = replace(session, baselines=baselines)
    steps = search(session, untouched(session)).steps
    return replace(session, pace=Pace(100.0, time.monotonic() - gone)), steps


def test_minimising_leaves_the_time_that_the_proof_takes() -> None:
    both = _paced(MadeVerifier(blocked_by("first", "third")), gone=0)
    found = search(both, untouched(both))
    lenient = MadeVerifier(blocked_by("first"))  # does not need the other
    for gone, slugs in ((48, {"first-for-one"}), (52, {"first-for-one", "third-for-three"})):
        paced = _paced(lenient, gone)
        slow = replace(paced.baselines[SUBJECT], seconds=40.0)
        config = replace(paced.config, jobs=2)
        paced = replace(paced, baselines={SUBJECT: slow}, config=config)
        assert {step.id.rule for step in minimise(paced, found)} == slugs
        assert not paced.pace.is_over(Stage.MINIMISING)


def test_what_there_is_no_time_to_prove_is_dropped() -> None:
    session, steps = _of_two(gone=85)
    proven = prove(session, steps, Proven((), {}))
    assert set(proven.proofs) == {SUBJECT}
    assert {step.id.scope for step in proven.steps} == {"M.forward"}
    assert [(one.fix.scope, one.reason) for one in proven.dropped] == [
        ("Slow.forward", "there was no time to prove it")
    ]
    assert session.pace.cut_short


def test_a_proof_that_would_end_too_late_is_not_begun() -> None:
    session, steps = _of_two(gone=30)
    assert not session.pace.is_over(Stage.PROVING)
    assert set(prove(session, steps, Proven((), {})).proofs) == {SUBJECT}
    assert session.pace.cut_short


def test_what_shares_a_fix_with_it_is_dropped_too() -> None:
    shared = TWO.replace("return third(x)", "return done(x)").replace("third(b)", "done(b)")
    session, steps = _of_two(gone=85, text=f"{shared}\n\ndef done(x):\n    return third(x)\n")
    proven = prove(session, steps, Proven((), {}))
    assert {step.id.scope for step in steps} == {"M.forward", "done"}
    assert proven.steps == ()
    assert not proven.proofs


def test_in_time_all_is_proven() -> None:
    session, steps = _of_two(gone=0)
    proven = prove(session, steps, Proven((), {}))
    assert set(proven.proofs) == {SUBJECT, SLOW}
    assert set(proven.steps) == set(steps)
    assert not proven.dropped


def test_what_concerns_a_subject_that_there_was_no_time_to_try_is_left_alone() -> None:
    session, steps = _of_two(gone=0)
    baselines = dict(session.baselines)
    late = Outcome("eager", False, "there was no time to try it")
    baselines[SLOW] = replace(baselines[SLOW], eager=late, late=True)
    hurried = replace(session, baselines=baselines)
    found = search(hurried, untouched(hurried))
    assert {step.id.scope for step in found.steps} == {"M.forward"}
    assert {step.id.scope for step in steps} == {"M.forward", "Slow.forward"}


def test_nor_is_what_it_shares() -> None:
    shared = TWO.replace("return third(x)", "return done(x)").replace("third(b)", "done(b)")
    session, _ = _of_two(gone=0, text=f"{shared}\n\ndef done(x):\n    return third(x)\n")
    late = Outcome("eager", False, "there was no time to try it")
    baselines = dict(session.baselines)
    baselines[SLOW] = replace(baselines[SLOW], eager=late, late=True)
    hurried = replace(session, baselines=baselines)
    assert {s.id.scope for s in search(hurried, untouched(hurried)).steps} == {"M.forward"}


def test_what_a_rejected_fix_concerns_is_proven_once() -> None:
    shared = TWO.replace("return third(x)", "return done(x)").replace("third(b)", "done(b)")
    session, steps = _of_two(gone=0, text=f"{shared}\n\ndef done(x):\n    return third(x)\n")
    proven: list[Subject] = []

    @dataclass
    class Counting(MadeVerifier):
        def prove(
            self, overlay: Mapping[str, str], subjects: Iterable[Subject], targets: Any
        ) -> dict[Subject, Proof]:
            wanted = list(subjects)
            proven.extend(wanted)
            return super().prove(overlay, wanted, targets)

    def harmful(text: str) -> Outcome:
        return Outcome("compare", False, "differs") if "three" in text else PASSED

    verifier: Any = Counting(blocked_by("first"), proof=harmful)
    result = prove(replace(session, verifier=verifier), steps, Proven((), {}))
    assert [one.fix.rule for one in result.dropped] == ["third-for-three"]
    assert SLOW not in proven
