"""Which failures are no news: the source says to leave alone what they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracefix.facts import Facts
from tracefix.model import Outcome, Place, Subject, Target
from tracefix.repair.scope import Relevance
from tracefix.repair.workspace import Workspace
from tracefix.sources.suppressions import suppressions_of


def accepted(
    workspace: Workspace, subject: Subject, outcomes: Mapping[Target, Outcome]
) -> frozenset[Target]:
    """The targets that fail, and for which something that blocks them is suppressed.

    That is a finding in what the subject reaches, or the target's own slug at a line that torch
    names, or at the subject's head.
    """
    return frozenset(
        target
        for target, outcome in outcomes.items()
        if not outcome.ok
        and (_left_alone(workspace, subject, target) or _told(workspace, subject, target, outcome))
    )


def _left_alone(workspace: Workspace, subject: Subject, target: Target) -> bool:
    blocking = [c for c in workspace.suppressed if target in c.blocks]
    if not blocking:
        return False
    relevance = Relevance(workspace.original.facts)
    return any(relevance.concerns(candidate.id, subject) for candidate in blocking)


def _told(workspace: Workspace, subject: Subject, target: Target, outcome: Outcome) -> bool:
    answering = (
        rule.slug
        for rule in workspace.rules
        if rule.answer is not None and rule.answers_to(outcome.error)
    )
    slugs = (target.value, *answering)
    lines = [(place, slugs) for place in outcome.places]
    lines += [(head, (target.value,)) for head in _head(workspace.original.facts, subject)]
    return any(
        suppressions_of(workspace.sources[place.path]).covers(slug, place.line)
        for place, told in lines
        if place.path in workspace.sources
        for slug in told
    )


def _head(facts: Mapping[str, Facts], subject: Subject) -> Iterator[Place]:
    """Where a subject's definition starts."""
    if subject.path in facts:
        unit = facts[subject.path].unit
        node = unit.classes.get(subject.qualname) or unit.functions.get(subject.qualname)
        if node is not None:
            yield unit.place(node)
