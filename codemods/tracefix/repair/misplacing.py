"""Takes back the fixes with which a module no longer runs where its data is.

One fix may need another before all is on one device again, so the search goes on after the first. What
is left in the end would fail in the proof, which costs far more than to look for the culprit here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tracefix.model import FixId, Subject
from tracefix.repair.bisecting import first_bad
from tracefix.repair.pace import Stage
from tracefix.repair.session import Session
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Attempt

_STAGE = "device"


def is_misplaced(attempt: Attempt) -> bool:
    """Whether the rewritten module is the original, but not on the meta device."""
    return not attempt.eager.ok and attempt.eager.stage == _STAGE


@dataclass(frozen=True)
class Placed:
    """The fixes that are left, and why the others are gone."""

    steps: tuple[Step, ...]
    why: dict[FixId, str] = field(default_factory=dict)


def without_misplacing(
    session: Session, steps: Sequence[Step], subjects: Collection[Subject]
) -> Placed:
    """`steps` without those that keep some subjects from the meta device, where there is time."""
    left, why = list(steps), dict[FixId, str]()
    while subjects and not session.is_late(Stage.MINIMISING, left, left):
        attempts = session.attempt(left, subjects)
        subjects = [subject for subject in subjects if is_misplaced(attempts[subject])]
        culprit = _culprit(session, left, subjects[0]) if subjects else None
        if culprit is None:
            break
        why[culprit.id] = f"{subjects[0]}: {attempts[subjects[0]].eager.error}"
        left = [step for step in left if step != culprit]
    return Placed(tuple(left), why)


def _culprit(session: Session, steps: list[Step], subject: Subject) -> Step | None:
    """The first of the fixes that concern a subject with which it no longer runs on meta."""
    relevance = session.relevance(steps)
    mine = [step for step in steps if relevance.concerns(step.id, subject)]
    others = [step for step in steps if step not in mine]

    def runs(some: list[Step]) -> bool:
        return not is_misplaced(session.attempt([*others, *some], [subject])[subject])

    return first_bad(mine, runs) if mine else None
