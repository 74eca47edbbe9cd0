"""A fix that was tried for one subject and cost another its repair is taken back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from made_session import PATH, Judge, MadeVerifier, made_session, renaming
from tracefix.model import PASSED, Outcome, Place, Subject, Target
from tracefix.repair.minimise import minimise
from tracefix.repair.pace import Pace
from tracefix.repair.search import Found, search, untouched
from tracefix.repair.session import Session
from tracefix.repair.standing import passing
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Attempt, Baseline

TEXT = """from torch import nn


def shared(x):
    return third(second(first(x)))


class M(nn.Module):
    def forward(self, x):
        return shared(x)


class N(nn.Module):
    def forward(self, x):
        return shared(x)
"""
M, N = Subject(PATH, "M"), Subject(PATH, "N")
FIRST = renaming("first", "one")
SECOND = renaming("second", "two", answers=("second",))
THIRD = renaming("third", "three", answers=("third",))


def _refused(name: str, text: str) -> Outcome:
    line = text[: text.index(name)].count("\n") + 1 if name in text else 1
    return Outcome("compile", False, f"{name} is unknown", (Place(PATH, line, 8),))


@dataclass
class _TwoJudges(MadeVerifier):
    """Each subject has a compiler of its own."""

    second: str = ""  # what stops N

    def attempt(
        self, overlay: Mapping[str, str], wanted: Mapping[Subject, tuple[Target, ...]]
    ) -> dict[Subject, Attempt]:
        text = overlay.get(PATH, TEXT)
        self.asked.append(text)
        changed = {M: self.eager(text)}
        return {
            s: Attempt(s, changed.get(s, PASSED), {self.target: self.says(s, text)}) for s in wanted
        }

    def says(self, subject: Subject, text: str) -> Outcome:
        if subject == M:
            return self.script(text)
        return _refused(self.second, text) if self.second in text else PASSED


def _stops_at(text: str) -> Outcome:
    """M takes `two`, as long as nobody has written `three`."""
    if "second" in text:
        return _refused("second", text)
    return _refused("three", text) if "three" in text else PASSED


def _session(second: str, gone: float = 0.0, script: Judge = _stops_at) -> Session:
    verifier = _TwoJudges(script, second=second)
    one = made_session(verifier, FIRST, SECOND, THIRD, text=TEXT)
    targets = {s: {verifier.target: verifier.says(s, TEXT)} for s in (M, N)}
    baselines = {s: Baseline(s, PASSED, told) for s, told in targets.items()}
    return replace(one, baselines=baselines, pace=Pace(100.0, time.monotonic() - gone))


def _slugs(steps: tuple[Step, ...]) -> list[str]:
    return sorted(step.id.rule for step in steps)


def _taken(found: Found) -> dict[Subject, bool]:
    return {subject: bool(passing(standing)) for subject, standing in found.standing.items()}


def test_what_was_tried_for_the_one_in_vain_does_not_break_the_other() -> None:
    session = _session(second="return")  # nothing helps N, and all is tried
    found = search(session, untouched(session))
    assert _taken(found) == {M: True, N: False}
    assert _slugs(minimise(session, found)) == ["second-for-two"]
    assert list(found.harmful.values()) == ["m.py::M: script no longer passes: three is unknown"]


def test_the_fixes_beside_the_culprit_stay() -> None:
    session = _session(second="return")
    assert _slugs(search(session, untouched(session)).steps) == ["first-for-one", "second-for-two"]


def test_a_fix_that_repairs_as_much_as_it_breaks_stays() -> None:
    session = _session(second="third")
    found = search(session, untouched(session))
    assert _taken(found) == {M: False, N: True}
    assert not found.harmful


def test_a_fix_that_changed_what_another_subject_computes_is_taken_back() -> None:
    def needs_two(text: str) -> Outcome:
        return _refused("second", text) if "second" in text else PASSED

    def changed(text: str) -> Outcome:
        return Outcome("compare", False, "output differs") if "three" in text else PASSED

    session = _session(second="return", script=needs_two)
    assert isinstance(session.verifier, _TwoJudges)
    session.verifier.eager = changed
    found = search(session, untouched(session))
    assert _taken(found) == {M: True, N: False}
    assert list(found.harmful.values()) == ["m.py::M: script no longer passes: output differs"]


def test_out_of_time_nothing_is_tried_again() -> None:
    session = _session(second="return", gone=70)
    verifier = session.verifier
    assert isinstance(verifier, _TwoJudges)
    found = search(session, untouched(session))
    assert len(verifier.asked) == 1
    assert found.harmful == {}
