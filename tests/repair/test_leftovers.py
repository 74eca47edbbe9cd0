"""Fixes that help nobody after a rejection are left out, and no proof is touched by that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from made_session import PATH, MadeVerifier, blocked_by, made_session, renaming
from tracefix.model import PASSED, Outcome, Subject, Target
from tracefix.repair.leftovers import without_leftovers
from tracefix.repair.prove import Proven
from tracefix.repair.session import Session
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Baseline, Proof

TEXT = """from torch import nn


class M(nn.Module):
    def forward(self, x):
        return first(x)


class N(nn.Module):
    def forward(self, x):
        return first(second(x))


class O(M):
    def forward(self, x):
        return third(super().forward(x))
"""
SUBJECTS = tuple(Subject(PATH, name) for name in "MNO")
RULES = [renaming("first", "one"), renaming("second", "two"), renaming("third", "three")]
FAILED = Outcome("compile", False, "no")


def _session() -> Session:
    session = made_session(MadeVerifier(blocked_by("x")), *RULES, text=TEXT)
    failed = {Target.SCRIPT: FAILED}
    return replace(session, baselines={s: Baseline(s, PASSED, failed) for s in SUBJECTS})


@pytest.mark.parametrize(
    ("repaired", "left"),
    [
        ("", []),
        ("MNO", ["M.one", "N.one", "N.two", "O.three"]),
        ("N", ["N.one", "N.two"]),
        ("M", ["M.one", "O.three"]),  # O was proven with both
        ("O", ["M.one", "O.three"]),
    ],
)
def test_what_helps_nobody_goes_unless_it_was_proven_with_what_stays(
    repaired: str, left: list[str]
) -> None:
    session = _session()
    found = session.workspace.original.candidates(PATH, RULES)
    steps = tuple(Step(candidate.id) for candidate in found)
    targets = {s: {Target.SCRIPT: PASSED if s.qualname in repaired else FAILED} for s in SUBJECTS}
    proofs = {s: Proof(s, PASSED, told) for s, told in targets.items()}
    proven = without_leftovers(session, Proven(steps, proofs))
    names = [f"{s.id.scope[0]}.{s.id.rule.rpartition('-')[2]}" for s in proven.steps]
    assert sorted(names) == left
    expected = {name.partition(".")[0] for name in left} | ({"O"} if "M.one" in left else set())
    assert {subject.qualname for subject in proven.proofs} == expected
