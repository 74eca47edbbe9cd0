"""Drops every fix without which each target still passes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracefix.model import Subject
from tracefix.repair.pace import Stage
from tracefix.repair.scope import Relevance
from tracefix.repair.search import Found
from tracefix.repair.session import Session
from tracefix.repair.standing import Standing, passing
from tracefix.repair.workspace import Step
from tracefix.verify.protocol import Attempt


@dataclass(frozen=True)
class _Trial:
    """A fix that may be left out, and the subjects that could miss it, the quickest first."""

    step: Step
    subjects: tuple[Subject, ...]


def minimise(
    session: Session, found: Found, settled: frozenset[Step] = frozenset()
) -> tuple[Step, ...]:
    """The fixes of `found` that some target needs, and those that are wanted anyway.

    Those that are `settled` were needed before, and are as long as they help. Those that there is no
    time to try before the proof has to begin are taken to be needed.
    """
    relevance = session.relevance(found.steps)
    helped = {step: _helped(session, found, step, relevance) for step in found.steps}
    kept = [s for s in found.steps if _wanted_anyway(session, s) or helped[s]]
    waiting = [
        _Trial(step, helped[step])
        for step in reversed(kept)
        if step not in settled and not _wanted_anyway(session, step)
    ]
    tried: list[_Trial] = []
    concerned = relevance.concerned((step.id for step in kept), session.runnable)
    proof = session.seconds_to_prove(concerned) / session.config.jobs
    while waiting and not session.pace.is_over(Stage.MINIMISING):
        if not session.pace.has_room_for(proof):
            break  # a fix that is not needed is better than one that is not proven
        batch = _side_by_side(waiting)
        session.progress("minimising", len(found.steps) - len(waiting), len(found.steps))
        waiting = [trial for trial in waiting if trial not in batch]
        needed = _needed(session, found, kept, batch, relevance)
        kept = [s for s in kept if s in needed or s not in {t.step for t in batch}]
        freed = [trial for trial in tried if _lost_a_neighbour(trial, batch, kept)]
        tried = [trial for trial in (*tried, *batch) if trial not in freed]
        waiting += freed
    placed = session.workspace.version(kept).ids  # a fix inside what is gone now is gone with it
    return tuple(step for step in kept if step.id in placed)


def _lost_a_neighbour(trial: _Trial, batch: Iterable[_Trial], kept: list[Step]) -> bool:
    """Whether a fix was needed beside one that is gone now: it may not be needed any more."""
    gone = {other.step.id.scope for other in batch if other.step not in kept}
    return trial.step in kept and trial.step.id.scope in gone


def _needed(
    session: Session,
    found: Found,
    kept: list[Step],
    batch: Iterable[_Trial],
    relevance: Relevance,
) -> set[Step]:
    """The fixes of a batch that cannot be left out."""
    needed, uncertain = set(), []
    for trial in batch:
        if any(_only_fix_of(kept, trial.step, s, relevance) for s in trial.subjects):
            needed.add(trial.step)  # without it the original is back, which is known to fail
        else:
            uncertain.append(trial)
    without = [step for step in kept if step not in {t.step for t in uncertain}]
    for part in (slice(0, 1), slice(1, None)):  # one subject tells of most fixes
        asked = {trial.step: trial.subjects[part] for trial in uncertain}
        attempts = session.attempt(without, [s for group in asked.values() for s in group])
        lost = {
            trial.step
            for trial in uncertain
            if not all(_as_good(attempts[s], found.standing[s]) for s in asked[trial.step])
        }
        needed |= lost
        uncertain = [trial for trial in uncertain if trial.step not in lost]
    return needed


def _as_good(attempt: Attempt, standing: Standing) -> bool:
    """Whether every target passes without the fix that passes with it."""
    return attempt.eager.ok and passing(standing) <= passing(attempt.targets)


def _side_by_side(waiting: list[_Trial]) -> list[_Trial]:
    """Trials that share no subject, so that one run of the worker can tell about all."""
    batch: list[_Trial] = []
    seen: set[Subject] = set()
    for trial in waiting:
        if seen.isdisjoint(trial.subjects):
            batch.append(trial)
            seen.update(trial.subjects)
    return batch


def _wanted_anyway(session: Session, step: Step) -> bool:
    rules = {rule.slug: rule for rule in session.workspace.rules}
    return session.config.all or rules[step.id.rule].always


def _helped(
    session: Session, found: Found, step: Step, relevance: Relevance
) -> tuple[Subject, ...]:
    """The subjects that a fix concerns and that a target takes now but not before."""
    helped = [
        s
        for s in relevance.concerned([step.id], session.runnable)
        if passing(found.standing[s]) & session.failed_before(s)
    ]
    return tuple(sorted(helped, key=lambda s: (session.baselines[s].seconds, str(s))))


def _only_fix_of(kept: list[Step], step: Step, subject: Subject, relevance: Relevance) -> bool:
    return [s for s in kept if relevance.concerns(s.id, subject)] == [step]
