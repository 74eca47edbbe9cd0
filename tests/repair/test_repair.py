"""The loop: rounds, the minimum, culprits; on a made-up compiler, so that every path is walked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from made_session import SUBJECT, TEXT, MadeVerifier, blocked_by, made_session, renaming
from tracefix.model import PASSED, Outcome, Subject, Target
from tracefix.repair.choice import narrowed
from tracefix.repair.minimise import minimise
from tracefix.repair.prove import Proven, prove
from tracefix.repair.search import search, untouched
from tracefix.repair.session import Session
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Baseline, Proof

FIRST, SECOND, THIRD = (
    renaming("first", "one", answers=("first",)),
    renaming("second", "two", answers=("second",)),
    renaming("third", "three", answers=("third",)),
)
DIFFERS = Outcome("compare", False, "output differs: 1 of 1 values, largest by 1 (float32)")


def _slugs(steps: tuple[Step, ...]) -> list[str]:
    return [step.id.rule for step in steps]


def _text(session: Session, steps: tuple[Step, ...]) -> str:
    return session.workspace.version(steps).texts[SUBJECT.path]


def test_errors_that_lie_behind_one_another_are_answered_in_turn() -> None:
    session = made_session(MadeVerifier(blocked_by("first", "third")), FIRST, SECOND, THIRD)
    found = search(session, untouched(session))
    assert _slugs(found.steps) == ["first-for-one", "third-for-three"]
    assert found.standing[SUBJECT][Target.SCRIPT].ok


def test_what_passes_is_left_alone() -> None:
    session = made_session(MadeVerifier(blocked_by("absent")), FIRST, SECOND)
    assert search(session, untouched(session)).steps == ()


def test_a_rule_that_is_wanted_anyway_is_applied_where_nothing_blocks() -> None:
    always = renaming("second", "two", always=True)
    session = made_session(MadeVerifier(blocked_by("absent")), FIRST, always)
    found = search(session, untouched(session))
    assert _slugs(minimise(session, found)) == ["second-for-two"]


def test_the_error_that_stays_is_told_at_the_original_line() -> None:
    text = TEXT.replace("    def forward", "    # a comment\n    def forward")
    session = made_session(MadeVerifier(blocked_by("first", "third")), FIRST, text=text)
    found = search(session, untouched(session))
    outcome = found.reported[SUBJECT][Target.SCRIPT]
    assert (outcome.error, outcome.places[0].line) == ("third is unknown", 9)


def test_fixes_that_no_target_needs_are_dropped() -> None:
    nameless = [renaming("first", "one"), renaming("second", "two"), renaming("third", "three")]
    session = made_session(MadeVerifier(blocked_by("second")), *nameless)
    found = search(session, untouched(session))
    assert len(found.steps) == 3
    assert _slugs(minimise(session, found)) == ["second-for-two"]


def test_a_fix_that_was_needed_beside_a_dropped_one_alone_is_dropped_too() -> None:
    def script(text: str) -> Outcome:
        two_wants_three = "two" in text and "third" in text
        return Outcome("compile", False, "no") if "first" in text or two_wants_three else PASSED

    nameless = [renaming("first", "one"), renaming("second", "two"), renaming("third", "three")]
    session = made_session(MadeVerifier(script), *nameless)
    found = search(session, untouched(session))
    assert len(found.steps) == 3
    assert _slugs(minimise(session, found)) == ["first-for-one"]


def test_fixes_that_do_not_bring_a_target_to_pass_are_dropped() -> None:
    session = made_session(MadeVerifier(blocked_by("first", "return")), FIRST)
    found = search(session, untouched(session))
    assert _slugs(found.steps) == ["first-for-one"]
    assert minimise(session, found) == ()


def test_a_fix_that_changes_eager_outputs_is_told_apart_from_its_neighbours() -> None:
    verifier = MadeVerifier(
        blocked_by("second"),
        eager=lambda text: DIFFERS if "three" in text else Outcome("compare", True),
    )
    nameless = [renaming("first", "one"), renaming("second", "two"), renaming("third", "three")]
    session = made_session(verifier, *nameless)
    found = search(session, untouched(session))
    assert found.standing[SUBJECT][Target.SCRIPT].ok
    assert "three" not in _text(session, found.steps)


def test_the_culprit_is_found_by_bisection_and_named_with_its_evidence() -> None:
    verifier = MadeVerifier(
        blocked_by("first", "second", "third"),
        proof=lambda text: DIFFERS if "two" in text else Outcome("compare", True),
    )
    session = made_session(verifier, FIRST, SECOND, THIRD)
    found = search(session, untouched(session))
    proven = prove(session, found.steps, Proven((), {}))
    assert [dropped.fix.rule for dropped in proven.dropped] == ["second-for-two"]
    assert "1 of 1 values, largest by 1" in proven.dropped[0].reason
    assert "second" in _text(session, proven.steps)


def test_what_an_earlier_round_proved_is_asked_again_only_where_its_fixes_are_others() -> None:
    asked: list[str] = []

    def proof(text: str) -> Outcome:
        asked.append(text)
        return Outcome("compare", True)

    session = made_session(MadeVerifier(blocked_by("first", "second"), proof=proof), FIRST, SECOND)
    steps = search(session, untouched(session)).steps
    once = prove(session, steps, Proven((), {}))
    assert len(asked) == 1
    assert prove(session, steps, once).proofs == once.proofs
    assert len(asked) == 1
    prove(session, steps[:1], once)
    assert len(asked) == 2


def test_a_target_that_the_original_fails_too_when_tried_as_long_is_not_lost() -> None:
    failed = {Target.SCRIPT: Outcome("compare", False, "output differs, on zeros")}

    @dataclass
    class Longer(MadeVerifier):
        before: Mapping[Target, Outcome] = field(default_factory=dict)

        def prove(self, *asked: Any, **options: Any) -> dict[Subject, Proof]:
            return {SUBJECT: Proof(SUBJECT, Outcome("compare", True), failed, self.before)}

    verifier = Longer(blocked_by("first"))
    session = made_session(verifier, FIRST, SECOND)
    passing = {SUBJECT: Baseline(SUBJECT, Outcome("eager", True), {Target.SCRIPT: PASSED})}
    steps = search(session, untouched(session)).steps
    session = replace(session, baselines=passing)
    assert prove(session, steps, Proven((), {})).dropped
    verifier.before = failed
    assert not prove(session, steps, Proven((), {})).dropped


def test_a_part_of_a_proven_repair_is_minimised_and_proven_anew() -> None:
    proofs: list[str] = []

    def proof(text: str) -> Outcome:
        proofs.append(text)
        return Outcome("compare", True)

    # Script takes the text without `first`, or without both of the others.
    def script(text: str) -> Outcome:
        rest = "second" not in text and "third" not in text
        return PASSED if "first" not in text or rest else Outcome("compile", False, "no")

    verifier = MadeVerifier(blocked_by("first", "second", "third"), proof=proof)
    session = made_session(verifier, FIRST, SECOND, THIRD)
    found = search(session, untouched(session))
    proven = prove(session, found.steps, Proven((), {}))
    ids = [step.id for step in proven.steps]
    assert narrowed(session, found, proven, ids[:2])[1].steps == (), "a part alone helps nothing"
    verifier.script = script
    [only], rest = ids[:1], ids[1:]
    proofs.clear()
    assert _slugs(narrowed(session, found, proven, [only])[1].steps) == ["first-for-one"]
    assert proofs == [TEXT.replace("first", "one")]
    assert len(narrowed(session, found, proven, rest)[1].steps) == 2
    assert narrowed(session, found, proven, rest[:1])[1].steps == ()


def test_a_fix_that_helps_by_few_inputs_and_not_by_the_proof_is_dropped() -> None:
    @dataclass
    class Longer(MadeVerifier):
        def prove(self, *asked: Any, **options: Any) -> dict[Subject, Proof]:
            whole = "first" not in asked[0][SUBJECT.path] and "second" not in asked[0][SUBJECT.path]
            outcome = PASSED if whole else Outcome("compare", False, "on zeros")
            return {SUBJECT: Proof(SUBJECT, PASSED, {Target.SCRIPT: outcome})}

    session = made_session(Longer(blocked_by("second")), FIRST, SECOND)
    steps = search(session, untouched(session)).steps
    assert _slugs(steps) == ["second-for-two"]
    found = untouched(session)
    assert narrowed(session, found, Proven(steps, {}), [s.id for s in steps])[1].steps == ()


def test_any_subset_of_the_fixes_can_be_carried_out() -> None:
    session = made_session(
        MadeVerifier(blocked_by("first", "second", "third")), FIRST, SECOND, THIRD
    )
    steps = search(session, untouched(session)).steps
    without = tuple(step for step in steps if step.id.rule != "second-for-two")
    assert _text(session, without) == TEXT.replace("first", "one").replace("third", "three")


def test_places_that_say_the_same_are_answered_in_turn() -> None:
    text = TEXT.replace("second(a)", "first(a)")
    session = made_session(MadeVerifier(blocked_by("first")), FIRST, text=text)
    found = search(session, untouched(session))
    assert [step.id.ordinal for step in found.steps] == [0, 1]
    assert "first" not in _text(session, found.steps)
    last = session.workspace.version(found.steps[1:]).texts[SUBJECT.path]
    assert last.index("first") < last.index("one")  # each may be dropped by itself


KEPT = """import torch
from torch import nn


@torch.jit.script_if_tracing
def kept(x):
    return first(x)


class M(nn.Module):
    def forward(self, x):
        return kept(x)
"""


def test_what_keeps_a_kept_function_from_compiling_is_answered_for_a_trace() -> None:
    verifier = MadeVerifier(blocked_by("first"), target=Target.TRACE)
    found = search(session := made_session(verifier, FIRST, text=KEPT), untouched(session))
    assert _slugs(found.steps) == ["first-for-one"]


def test_what_blocks_a_script_alone_is_no_answer_for_a_trace() -> None:
    verifier = MadeVerifier(blocked_by("first"), target=Target.TRACE)
    found = search(session := made_session(verifier, FIRST), untouched(session))
    assert found.steps == ()
