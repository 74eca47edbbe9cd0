"""Drops every fix without which each target still passes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
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
    """A fix that may be left out, and the subjects that could miss it.

    The first is asked alone, the quickest to begin with; `asked` have been, earlier.
    """

    step: Step
    subjects: tuple[Subject, ...]
    asked: frozenset[Subject] = frozenset()


def minimise(
    session: Session, found: Found, settled: frozenset[Step] = frozenset()
) -> tuple[Step, ...]:
    """The fixes of `found` that some target needs, and those that are wanted anyway.

    Those that are `settled` were needed before, and are as long as they help. Those that there is no
    time to try before the proof has to begin are taken to be needed.
    """
    relevance = session.relevance(found.steps)
    helped = {step: helped_by(session, found.standing, step, relevance) for step in found.steps}
    kept = [s for s in found.steps if wanted_anyway(session, s) or helped[s]]
    waiting = [
        _Trial(step, helped[step])
        for step in reversed(kept)
        if step not in settled and not wanted_anyway(session, step)
    ]
    tried: list[_Trial] = []
    gone: list[_Trial] = []  # as far as one subject tells
    base = list(found.steps)  # the text that others are made of
    proof, longest = session.seconds_for(kept, kept), 0.0  # the longest that a round took
    while waiting and not session.pace.is_over(Stage.MINIMISING):
        if not session.pace.has_room_before(proof, longest):
            break  # a fix that is not needed is better than one that is not proven
        begun = time.monotonic()
        batch = _side_by_side(waiting)
        session.progress("minimising", len(found.steps) - len(waiting), len(found.steps))
        waiting = [trial for trial in waiting if trial not in batch]
        needed = _needed(session, found, base, kept, batch, relevance)
        gone += [trial for trial in batch if trial.step not in needed]
        kept = _without(found, kept, gone)
        base = base if session.workspace.undone(base, kept) else kept
        freed = [trial for trial in tried if _lost_a_neighbour(trial, batch, kept)]
        tried = [trial for trial in (*tried, *batch) if trial not in freed]
        waiting += freed
        if not waiting:
            doubted = _doubted(session, found, kept, gone)
            gone = [trial for trial in gone if doubted and trial.step not in doubted]
            kept = [step for step in found.steps if step in kept or step in doubted]
            base = list(found.steps)
            tried = [trial for trial in tried if trial.step not in doubted]
            waiting += [trial for trial in doubted.values() if trial is not None]
        longest = max(longest, time.monotonic() - begun)
    unsure = {trial.step for trial in gone}  # there was no time to ask the others
    kept = [step for step in found.steps if step in kept or step in unsure]
    placed = session.workspace.version(kept).ids  # a fix inside what is gone now is gone with it
    return tuple(step for step in kept if step.id in placed)


def _without(found: Found, kept: list[Step], gone: Iterable[_Trial]) -> list[Step]:
    left = set(kept) - {trial.step for trial in gone}
    return [step for step in found.steps if step in left]


def _doubted(
    session: Session, found: Found, kept: list[Step], gone: Iterable[_Trial]
) -> dict[Step, _Trial | None]:
    """The fixes that one subject can do without and another perhaps not, which is asked next.

    Those that no further subject can be asked about are needed. All are asked here, on the text that
    is to be written: each trial was made on one that is nearly so.
    """
    asking = dict.fromkeys(s for trial in gone for s in trial.subjects)
    attempts = session.attempt(kept, asking)
    lost = {s for s in asking if not _as_good(attempts[s], found.standing[s])}
    doubted: dict[Step, _Trial | None] = {}
    for trial in gone:
        missing = [s for s in trial.subjects if s in lost]
        asked = trial.asked | {trial.subjects[0]}
        if missing:
            nexts = [s for s in missing if s not in asked]
            order = (nexts[0], *(s for s in trial.subjects if s != nexts[0])) if nexts else ()
            doubted[trial.step] = _Trial(trial.step, order, asked) if nexts else None
    return doubted


def _lost_a_neighbour(trial: _Trial, batch: Iterable[_Trial], kept: list[Step]) -> bool:
    """Whether a fix was needed beside one that is gone now: it may not be needed any more."""
    gone = {other.step.id.scope for other in batch if other.step not in kept}
    return trial.step in kept and trial.step.id.scope in gone


def _needed(
    session: Session,
    found: Found,
    base: list[Step],
    kept: list[Step],
    batch: Iterable[_Trial],
    relevance: Relevance,
) -> set[Step]:
    """The fixes of a batch that cannot be left out, as far as each one's first subject tells."""
    needed, uncertain = set(), []
    for trial in batch:
        if any(_only_fix_of(kept, trial.step, s, relevance) for s in trial.subjects):
            needed.add(trial.step)  # without it the original is back, which is known to fail
        else:
            uncertain.append(trial)
    without = [step for step in kept if step not in {t.step for t in uncertain}]
    asked = [trial.subjects[0] for trial in uncertain]
    attempts = session.attempt_some(base, without, asked)
    for trial in uncertain:
        subject = trial.subjects[0]
        if not _as_good(attempts[subject], found.standing[subject]):
            needed.add(trial.step)
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


def wanted_anyway(session: Session, step: Step) -> bool:
    """Whether a fix is carried out though no target asks for it."""
    rules = {rule.slug: rule for rule in session.workspace.rules}
    return session.config.all or rules[step.id.rule].always


def helped_by(
    session: Session, standing: Mapping[Subject, Standing], step: Step, relevance: Relevance
) -> tuple[Subject, ...]:
    """The subjects that a fix concerns and that a target takes now but not before."""
    helped = [
        s
        for s in relevance.concerned([step.id], session.runnable)
        if passing(standing[s]) & session.failed_before(s)
    ]
    return tuple(sorted(helped, key=lambda s: (session.baselines[s].seconds, str(s))))


def _only_fix_of(kept: list[Step], step: Step, subject: Subject, relevance: Relevance) -> bool:
    return [s for s in kept if relevance.concerns(s.id, subject)] == [step]
