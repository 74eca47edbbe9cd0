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
    for subject in subjects:
        while not session.is_late(Stage.MINIMISING, left):
            attempt = session.attempt(left, [subject])[subject]
            if not is_misplaced(attempt):
                break
            relevance = session.relevance(left)
            mine = [step for step in left if relevance.concerns(step.id, subject)]
            if not mine:
                break
            others = [step for step in left if step not in mine]

            def runs(some: list[Step], others: list[Step] = others, one: Subject = subject) -> bool:
                return not is_misplaced(session.attempt([*others, *some], [one])[one])

            culprit = first_bad(mine, runs)
            why[culprit.id] = f"{subject}: {attempt.eager.stage}: {attempt.eager.error}"
            left = [step for step in left if step != culprit]
    return Placed(tuple(left), why)
