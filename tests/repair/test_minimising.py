"""Which fixes are left out where several subjects share them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from made_session import PATH, MadeVerifier, made_session, renaming
from tracefix.model import PASSED, Outcome, Subject, Target
from tracefix.repair.minimise import minimise
from tracefix.repair.search import Found, untouched
from tracefix.repair.session import Session
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Attempt, Baseline

CLASSES = ("A", "B", "C")
TEXT = "from torch import nn\n\n\ndef shared(x):\n    return third(second(first(x)))\n" + "".join(
    f"\n\nclass {name}(nn.Module):\n    def forward(self, x):\n        return shared(x)\n"
    for name in CLASSES
)
SUBJECTS = {name: Subject(PATH, name) for name in CLASSES}
RULES = [renaming("first", "one"), renaming("second", "two"), renaming("third", "three")]
FAILED = Outcome("compile", False, "no")
Takes = Callable[[str], bool]  # whether the target takes a class, of the text


@dataclass
class _Judges(MadeVerifier):
    """Each class has a compiler of its own."""

    takes: Mapping[str, Takes] = field(default_factory=dict)

    def attempt(
        self, overlay: Mapping[str, str], wanted: Mapping[Subject, tuple[Target, ...]]
    ) -> dict[Subject, Attempt]:
        text = overlay.get(PATH, TEXT)
        self.asked.append(text)
        return {s: Attempt(s, PASSED, {self.target: self.says(s, text)}) for s in wanted}

    def says(self, subject: Subject, text: str) -> Outcome:
        return PASSED if self.takes[subject.qualname](text) else FAILED


def _without(*names: str) -> Takes:
    return lambda text: all(f"{name}(" not in text for name in names)


def _session(takes: Mapping[str, Takes]) -> tuple[Session, _Judges]:
    verifier = _Judges(lambda text: FAILED, takes=takes)
    session = made_session(verifier, *RULES, text=TEXT)
    failed = {verifier.target: FAILED}
    baselines = {
        subject: Baseline(subject, PASSED, failed, seconds=float(n))
        for n, subject in enumerate(SUBJECTS.values())
    }
    return replace(session, baselines=baselines), verifier


def _all_fixes(session: Session) -> Found:
    version = session.workspace.version(())
    found = itertools.chain(*(version.candidates(path, RULES) for path in version.facts))
    steps = tuple(Step(candidate.id) for candidate in found)
    passed = {s: {Target.SCRIPT: PASSED} for s in SUBJECTS.values()}
    return Found(steps, passed, untouched(session).reported)


@pytest.mark.parametrize(
    ("takes", "needed"),
    [
        ({"A": _without("first"), "B": _without("first"), "C": _without("first")}, {"first"}),
        (
            {"A": _without("first"), "B": _without("second"), "C": _without("second")},
            {"first", "second"},
        ),
        (
            {"A": _without("first"), "B": _without("second"), "C": _without("third")},
            {"first", "second", "third"},
        ),
        (
            {"A": _without("second"), "B": _without("second"), "C": _without("first", "third")},
            {"first", "second", "third"},
        ),
    ],
)
def test_a_fix_stays_that_any_subject_needs(takes: Mapping[str, Takes], needed: set[str]) -> None:
    session, verifier = _session(takes)
    kept = minimise(session, _all_fixes(session))
    assert {step.id.rule.partition("-")[0] for step in kept} == needed
    text = session.workspace.version(kept).texts[PATH]
    assert all(verifier.says(subject, text).ok for subject in SUBJECTS.values())


def test_either_of_two_fixes_is_enough_for_one_and_not_for_another() -> None:
    def either(text: str) -> bool:
        return "first(" not in text or "second(" not in text

    session, _ = _session({"A": either, "B": either, "C": _without("second")})
    kept = minimise(session, _all_fixes(session))
    assert {step.id.rule for step in kept} == {"second-for-two"}


def test_all_but_the_quickest_are_asked_together() -> None:
    takes = {"A": _without("first"), "B": _without("first"), "C": _without("first")}
    session, verifier = _session(takes)
    minimise(session, _all_fixes(session))
    # two fixes are tried on the quickest (the last one is known to be needed), and what is left then
    # once on the others
    assert len(verifier.asked) == 3
