"""A user takes some of a plan's fixes: the others go, with what is of no use without them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from tracefix.model import FixId
from tracefix.repair.draft import Draft
from tracefix.repair.minimise import minimise
from tracefix.repair.prove import Proven, prove
from tracefix.repair.search import Found, untouched
from tracefix.repair.session import Session

Choose = Callable[[Draft], Collection[FixId]]  # of the draft's fixes those to carry out


def narrowed(
    session: Session, found: Found, proven: Proven, kept: Collection[FixId]
) -> tuple[Found, Proven]:
    """What is left of a proven repair when only some of its fixes are wanted.

    Their proof was for all of them together. So those that bring no target to pass without the
    others are dropped, and the rest is proven anew where a subject has lost a fix.
    """
    chosen = tuple(step for step in proven.steps if step.id in kept)
    placed = session.workspace.version(chosen).ids
    steps = tuple(step for step in chosen if step.id in placed)
    standing = {**untouched(session).standing}
    attempts = session.attempt(steps, session.concerned((step.id for step in steps), steps))
    standing |= {s: attempt.targets for s, attempt in attempts.items() if attempt.eager.ok}
    left = Found(steps, standing, found.reported, found.harmful)
    proven = prove(session, minimise(session, left), proven)
    for _ in proven.steps:  # a proof tries more inputs, and may know better what helps
        standing = {**untouched(session).standing}
        standing |= {s: proof.targets for s, proof in proven.proofs.items()}
        left = Found(proven.steps, standing, found.reported, found.harmful)
        helpful = minimise(session, left, settled=frozenset(proven.steps))
        if helpful == proven.steps:
            break
        proven = prove(session, helpful, proven)
    return left, proven
