"""Verifies the rewritten project in full, and finds the fix that is to blame where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracefix.model import Dropped, Outcome, Subject, Target
from tracefix.repair.bisecting import first_bad
from tracefix.repair.pace import Stage
from tracefix.repair.session import Session
from tracefix.repair.standing import passing, reason
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Proof

_PORTION = 10.0  # seconds of the originals' first runs


@dataclass(frozen=True, eq=False)
class Proven:
    """The fixes that verification took, its evidence, and what it rejected."""

    steps: tuple[Step, ...]
    proofs: Mapping[Subject, Proof]
    dropped: tuple[Dropped, ...] = ()


def prove(session: Session, steps: tuple[Step, ...], earlier: Proven) -> Proven:
    """The largest part of `steps` that verification takes, as far as single culprits go.

    What an `earlier` round has proven of a subject stands where the same fixes concern it. What there
    is no time to prove is dropped.
    """
    dropped: list[Dropped] = []
    waiting = session.concerned((step.id for step in steps), steps)
    proofs = {s: p for s, p in earlier.proofs.items() if _as_before(session, s, steps, earlier)}
    waiting = [s for s in waiting if s not in proofs]
    while waiting:
        session.progress("proving", len(proofs), len(proofs) + len(waiting))
        late: list[Subject] = []
        for portion in _portions(session, waiting):
            if not _in_time(session, portion, first=not proofs):
                late += portion
            else:
                proofs |= session.prove(steps, portion)
                if any(_rejects(session, proofs[s]) for s in portion if s in proofs):
                    break  # what else is proven now would have to be proven again
        waiting = [s for s in waiting if s in proofs and _rejects(session, proofs[s])]
        if waiting and not late:
            subject = waiting[0]
            blamed = [_culprit(session, steps, subject)]
            why = f"{subject}: {_evidence(session, proofs[subject])}"
        elif late:
            blamed, why = _tied(session, steps, [*late, *waiting]), "there was no time to prove it"
        else:
            break
        dropped += [Dropped(step.id, why) for step in blamed]
        concerned = session.concerned((step.id for step in blamed), steps)
        steps = tuple(step for step in steps if step not in blamed)
        proofs = {s: p for s, p in proofs.items() if s not in concerned}
        still = session.concerned((step.id for step in steps), steps)
        waiting = [s for s in still if s not in proofs or s in waiting]
    return Proven(steps, proofs, tuple(dropped))


def _in_time(session: Session, portion: list[Subject], *, first: bool) -> bool:
    """Whether there is time to prove some subjects; the first are late only if they take long."""
    if not first and session.pace.is_over(Stage.PROVING):
        return False
    return session.pace.has_room_for(session.seconds_to_prove(portion))


def _portions(session: Session, subjects: list[Subject]) -> Iterator[list[Subject]]:
    """Subjects to prove at once, the quickest first: where time is short, models that take long
    are asked after the others, and few at a time."""
    portion: list[Subject] = []
    seconds = 0.0
    for subject in sorted(subjects, key=lambda s: session.baselines[s].seconds):
        taken = session.baselines[subject].seconds
        if portion and seconds + taken > _PORTION and session.pace.limit:
            yield portion
            portion, seconds = [], 0.0
        portion.append(subject)
        seconds += taken
    yield portion


def _tied(session: Session, steps: tuple[Step, ...], subjects: list[Subject]) -> list[Step]:
    """The fixes of some subjects, and of all that share one with them: what was proven of the rest
    was proven with the fixes that stay."""
    relevance, reached = session.relevance(steps), set(subjects)
    while True:
        tied = [s for s in steps if any(relevance.concerns(s.id, one) for one in reached)]
        concerned = set(session.concerned((step.id for step in tied), steps))
        if concerned <= reached:
            return tied
        reached |= concerned


def _as_before(
    session: Session, subject: Subject, steps: tuple[Step, ...], earlier: Proven
) -> bool:
    """Whether the fixes that concern a subject are those of an earlier round."""
    before, now = session.relevance(earlier.steps), session.relevance(steps)
    return {s for s in earlier.steps if before.concerns(s.id, subject)} == {
        s for s in steps if now.concerns(s.id, subject)
    }


def _rejects(session: Session, proof: Proof) -> bool:
    """Whether a proof speaks against the fixes: a difference, or a target lost."""
    return not proof.outcome.ok or bool(_lost(session, proof))


def _lost(session: Session, proof: Proof) -> frozenset[Target]:
    """The targets that take the original, tried as long, and not the rewritten."""
    before = {**session.baselines[proof.subject].targets, **proof.before}
    return passing(before) - passing(proof.targets)


def _evidence(session: Session, proof: Proof) -> str:
    if not proof.outcome.ok:
        return f"{proof.outcome.stage}: {reason(proof.outcome)}"
    target = sorted(_lost(session, proof))[0]
    outcome: Outcome = proof.targets[target]
    return f"{target.value} no longer passes: {reason(outcome)}"


def _culprit(session: Session, steps: tuple[Step, ...], subject: Subject) -> Step:
    """The fix to blame, by bisection: of those that concern `subject`, the first with which
    verification fails where it passed with those before it."""
    relevance = session.relevance(steps)
    mine = [s for s in steps if relevance.concerns(s.id, subject)]
    others = [s for s in steps if s not in mine]

    def passes(some: list[Step]) -> bool:
        proof = session.prove([*others, *some], [subject]).get(subject)
        return proof is None or not _rejects(session, proof)

    return first_bad(mine, passes)
