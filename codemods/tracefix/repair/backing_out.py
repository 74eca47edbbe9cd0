"""Takes back the fixes that were tried for one subject and cost another its repair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracefix.model import Subject, Target
from tracefix.repair.bisecting import first_bad
from tracefix.repair.pace import Stage
from tracefix.repair.session import Session
from tracefix.repair.standing import Standing, passing, reason
from tracefix.repair.workspace import Step


@dataclass
class Repairs:
    """The most that the targets took of each subject, and after how many fixes that was."""

    session: Session
    counts: dict[Subject, int] = field(default_factory=dict)
    standing: dict[Subject, Standing] = field(default_factory=dict)

    def note(self, told: Mapping[Subject, Standing], count: int) -> None:
        """What targets say with the first `count` fixes."""
        for subject, standing in told.items():
            best = self.standing.get(subject, self.session.baselines[subject].targets)
            if len(passing(standing)) > len(passing(best)):
                self.counts[subject] = count
                self.standing[subject] = standing

    def touched(self, steps: Sequence[Step]) -> dict[Subject, list[Step]]:
        """The subjects that later fixes concern, and those fixes."""
        relevance = self.session.relevance(steps)
        later = {
            subject: [s for s in steps[count:] if relevance.concerns(s.id, subject)]
            for subject, count in self.counts.items()
        }
        return {subject: fixes for subject, fixes in later.items() if fixes}


@dataclass(frozen=True)
class Backed:
    """The fixes that are left, how subjects fare with them, and why the others are gone."""

    steps: tuple[Step, ...]
    standing: Mapping[Subject, Standing]
    why: Mapping[Step, str]


def backed_out(session: Session, repairs: Repairs, steps: Sequence[Step]) -> Backed:
    """`steps` without those that made a target refuse what it took before them.

    That is where two subjects share code, and what was tried for the one breaks the other. A fix
    that repairs as much as it breaks stays.
    """
    left, why = list(steps), dict[Step, str]()
    if session.is_late(Stage.MINIMISING, left, left):
        return Backed(tuple(left), {}, why)
    touched = repairs.touched(left)
    now = _standing(session, left, touched)
    for subject, later in touched.items():
        while lost := passing(repairs.standing[subject]) - passing(now[subject]):
            candidates = [step for step in later if step in left]
            if not candidates or session.is_late(Stage.MINIMISING, left, left):
                break
            culprit = _culprit(session, left, candidates, subject, lost)
            fewer = [step for step in left if step != culprit]
            concerned = session.concerned([culprit.id], left)
            before, after = (_standing(session, some, concerned) for some in (left, fewer))
            if _taken(after) <= _taken(before):
                break
            word = reason(now[subject][min(lost)])
            why[culprit] = f"{subject}: {min(lost).value} no longer passes: {word}"
            left, now = fewer, {**now, **after}
    return Backed(tuple(left), now, why)


def _culprit(
    session: Session,
    steps: list[Step],
    later: list[Step],
    subject: Subject,
    lost: frozenset[Target],
) -> Step:
    """The first of the `later` steps with which the subject fails where it passed before it."""
    others = [step for step in steps if step not in later]

    def passes(some: list[Step]) -> bool:
        return lost <= passing(_standing(session, [*others, *some], [subject])[subject])

    return first_bad(later, passes)


def _standing(
    session: Session, steps: Sequence[Step], subjects: Iterable[Subject]
) -> dict[Subject, Standing]:
    """What the targets say; one whose eager outputs have changed passes nowhere."""
    return {
        s: one.targets if one.eager.ok else dict.fromkeys(one.targets, one.eager)
        for s, one in session.attempt(steps, subjects).items()
    }


def _taken(standing: Mapping[Subject, Standing]) -> int:
    return sum(len(passing(one)) for one in standing.values())
