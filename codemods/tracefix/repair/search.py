"""Applies fixes in rounds until nothing blocks any more, or no rule has an answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracefix.model import FixId, Subject
from tracefix.repair.backing_out import Repairs, backed_out
from tracefix.repair.lines import in_original
from tracefix.repair.misplacing import is_misplaced, without_misplacing
from tracefix.repair.pace import Stage
from tracefix.repair.propose import Proposer
from tracefix.repair.session import Session
from tracefix.repair.standing import Standing, passing
from tracefix.repair.workspace import Step, Version
from tracefix.verify.protocol import Attempt

_ROUNDS = 40  # a module with more errors behind one another has not been seen


@dataclass(frozen=True, eq=False)
class Found:
    """Fixes, and how each subject stands with them."""

    steps: tuple[Step, ...]
    standing: Mapping[Subject, Standing]  # places as in the text with the fixes
    reported: Mapping[Subject, Standing]  # places as in the original text
    harmful: Mapping[FixId, str] = field(default_factory=dict)  # why they are out of question


def untouched(session: Session) -> Found:
    """No fixes: what torch says to the originals."""
    standing = {s: session.baselines[s].targets for s in session.runnable}
    return Found((), standing, standing)


def search(session: Session, start: Found) -> Found:
    """The fixes of `start` and those that answer what torch says then, without known harm."""
    known_harm = dict(start.harmful)
    steps = list(start.steps)
    standing, reported = dict(start.standing), dict(start.reported)
    careful: set[Subject] = set()  # one fix at a time, since several together did harm
    crowded: set[FixId] = set()  # found no place beside others
    misplaced: set[Subject] = set()  # no longer run on the meta device
    repairs = Repairs(session)
    repairs.note(standing, len(steps))
    longest = 0.0  # seconds that a round took
    hurried = True  # where the text is another in the end, the search goes on from that
    for round_ in range(_ROUNDS):
        session.progress("repairing", round_, _ROUNDS)
        begun = time.monotonic()
        version = session.workspace.version(steps)
        excluded = frozenset(known_harm) | crowded
        new = _proposals(session, version, steps, excluded, standing, careful, round_ == 0)
        done = _carried_out(session, steps, new, hurried).ids
        helping = _helping(session, [*steps, *new], standing)
        if not new or (
            round_ and session.is_late(Stage.SEARCHING, helping, [*steps, *new], longest)
        ):
            told = _in_order(session, steps, version) if hurried else {}
            hurried = False
            if not told:
                break
            standing |= told
            reported |= in_original(session.workspace, session.workspace.version(steps), told)
            continue
        crowded |= {step.id for step in new if step.id not in done}
        new = [step for step in new if step.id in done]
        attempts = _attempts(session, [*steps, *new], new, standing)
        broken = {s: a for s, a in attempts.items() if not _is_original(a)}
        if broken:
            new = _without_harm(session, steps, new, broken, careful, known_harm)
            _carried_out(session, steps, new, hurried)
            attempts = _attempts(session, [*steps, *new], new, standing) if new else {}
        steps += new
        told = {s: a.targets for s, a in attempts.items() if _is_original(a)}
        misplaced |= {s for s, a in attempts.items() if is_misplaced(a)}
        standing |= told
        reported |= in_original(session.workspace, session.workspace.version(steps), told)
        repairs.note(told, len(steps))
        longest = max(longest, time.monotonic() - begun)
    session.workspace.in_order(steps)
    placed = without_misplacing(session, steps, sorted(misplaced, key=str))
    if placed.why:
        told = _told(session, placed.steps, session.concerned(placed.why, steps))
        version = session.workspace.version(placed.steps)
        reported |= in_original(session.workspace, version, told)
        known_harm |= placed.why
        return search(session, Found(placed.steps, {**standing, **told}, reported, known_harm))
    backed = backed_out(session, repairs, steps)
    version = session.workspace.version(backed.steps)
    reported |= in_original(session.workspace, version, backed.standing)
    known_harm |= {step.id: why for step, why in backed.why.items()}
    return Found(backed.steps, {**standing, **backed.standing}, reported, known_harm)


def _carried_out(session: Session, steps: list[Step], new: list[Step], hurried: bool) -> Version:
    """The text with the new fixes: in a hurry they are carried out on what there is."""
    if hurried:
        return session.workspace.extended(steps, new)
    return session.workspace.version([*steps, *new])


def _helping(
    session: Session, steps: list[Step], standing: Mapping[Subject, Standing]
) -> list[Step]:
    """The fixes of what they have repaired so far, which are to be proven if no more is found."""
    repaired = [s for s in session.runnable if passing(standing[s]) & session.failed_before(s)]
    relevance = session.relevance(steps)
    return [step for step in steps if relevance.concerned([step.id], repaired)]


def _attempts(
    session: Session, steps: list[Step], new: list[Step], standing: Mapping[Subject, Standing]
) -> dict[Subject, Attempt]:
    """How the subjects that something blocks fare now, where the new fixes concern them."""
    concerned = session.concerned((step.id for step in new), steps)
    blocked = [s for s in concerned if any(not o.ok for o in standing[s].values())]
    return dict(session.attempt(steps, blocked))


def _in_order(session: Session, steps: list[Step], hurried: Version) -> dict[Subject, Standing]:
    """What targets say where the code becomes another with all fixes in the order of the text."""
    if session.workspace.in_order(steps):
        return {}
    return _told(session, steps, session.unlike(hurried, session.workspace.version(steps)))


def _told(
    session: Session, steps: Iterable[Step], subjects: Iterable[Subject]
) -> dict[Subject, Standing]:
    """What targets say to some subjects; one that is not the original passes nowhere."""
    return {
        s: a.targets if _is_original(a) else dict.fromkeys(a.targets, a.eager)
        for s, a in session.attempt(steps, subjects).items()
    }


def _is_original(attempt: Attempt) -> bool:
    """Whether a module computes what it did; on meta it may run again with a further fix."""
    return attempt.eager.ok or is_misplaced(attempt)


def _proposals(
    session: Session,
    version: Version,
    steps: list[Step],
    unwanted: frozenset[FixId],
    standing: Mapping[Subject, Standing],
    careful: set[Subject],
    first: bool,
) -> list[Step]:
    config = session.config
    # A comment can move away from its place when another fix rewrites the statement.
    left_alone = frozenset(candidate.id for candidate in session.workspace.suppressed)
    excluded = frozenset(step.id for step in steps) | unwanted | left_alone
    proposer = Proposer(
        session.workspace.rules,
        session.relevance(steps),
        excluded,
        config.all,
        config.unsafe,
        session.late,
    )
    found = proposer.found(version)
    new: dict[FixId, Step] = {}
    answered: list[Subject] = []
    for subject, outcomes in standing.items():
        answers = list(proposer.against(subject, outcomes, found, version))
        answered += [subject] if answers else []
        for step in answers[:1] if subject in careful else answers:
            new.setdefault(step.id, step)
    for subject in (s for s in standing if s not in answered):
        guesses = proposer.guessed(subject, standing[subject], found, version)
        # What others still get answers for is not to be spoiled.
        own = [g for g in guesses if not proposer.relevance.concerned([g.id], answered)]
        for step in own[:1] if subject in careful else own:
            new.setdefault(step.id, step)
    if first or new:
        for step in proposer.wanted_anyway(found, session.runnable):
            new.setdefault(step.id, step)
    return list(new.values())


def _without_harm(
    session: Session,
    steps: list[Step],
    new: list[Step],
    broken: Mapping[Subject, Attempt],
    careful: set[Subject],
    harmful: dict[FixId, str],
) -> list[Step]:
    """The new fixes without those that concern a subject whose eager outputs they changed.

    One that was alone is the culprit; of several, each is tried alone in a later round.
    """
    kept, relevance = list(new), session.relevance([*steps, *new])
    for subject, attempt in broken.items():
        concerning = [s for s in new if relevance.concerns(s.id, subject)]
        if len(concerning) == 1 or subject in careful:
            harmful |= {s.id: attempt.eager.error for s in concerning}
        careful.add(subject)
        kept = [step for step in kept if step not in concerning]
    return kept
