"""Leaves out fixes that in the end help nobody, since verification rejected what they led to."""

from __future__ import annotations

from dataclasses import replace

from tracefix.repair.minimise import helped_by, wanted_anyway
from tracefix.repair.prove import Proven
from tracefix.repair.session import Session


def without_leftovers(session: Session, proven: Proven) -> Proven:
    """What was proven without the fixes that bring no target to pass.

    Those that a subject shares with others that stay are kept: it was proven with them.
    """
    relevance = session.relevance(proven.steps)
    standing = {s: session.baselines[s].targets for s in session.runnable}
    standing |= {s: proof.targets for s, proof in proven.proofs.items()}
    left_over = {
        step
        for step in proven.steps
        if not wanted_anyway(session, step) and not helped_by(session, standing, step, relevance)
    }
    fixes = {
        subject: {step for step in proven.steps if relevance.concerns(step.id, subject)}
        for subject in proven.proofs
    }
    while tied := {s for own in fixes.values() if own - left_over for s in own & left_over}:
        left_over -= tied
    steps = tuple(step for step in proven.steps if step not in left_over)
    proofs = {s: p for s, p in proven.proofs.items() if fixes[s] - left_over}
    return replace(proven, steps=steps, proofs=proofs)
