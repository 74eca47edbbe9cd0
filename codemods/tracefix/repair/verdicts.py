"""From what the repair did to the Plan that every front end consumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tracefix.model import (
    Dropped,
    FilePlan,
    Finding,
    Outcome,
    Place,
    Source,
    Span,
    Subject,
    Target,
    Verdict,
)
from tracefix.repair.accepted import accepted
from tracefix.repair.prove import Proven
from tracefix.repair.search import Found
from tracefix.repair.session import Session
from tracefix.repair.standing import reason
from tracefix.repair.workspace import Version, Workspace
from tracefix.sources.suppressions import suppressions_of

NO_EXAMPLE = Outcome("example", False, "no example")


def verdict(session: Session, found: Found, proven: Proven, subject: Subject) -> Verdict:
    """What is known of one subject that was asked to run."""
    baseline = session.baselines[subject]
    if not baseline.eager.ok:
        return Verdict(subject, trouble=baseline.eager, example=baseline.example)
    concerns = session.relevance(proven.steps).concerns
    fixes = tuple(s.id for s in proven.steps if concerns(s.id, subject))
    proof = proven.proofs.get(subject)
    after = _after(session, found, proven, subject)
    return Verdict(
        subject,
        before={**baseline.targets, **(proof.before if proof is not None else {})},
        after=after,
        fixes=fixes if proof is not None else (),
        dropped=tuple(_dropped(found, proven, subject, session)),
        proven=proof.proven if proof is not None else (),
        speed=proof.speed if proof is not None else None,
        example=baseline.example,
        accepted=accepted(session.workspace, subject, after),
    )


def _after(
    session: Session, found: Found, proven: Proven, subject: Subject
) -> Mapping[Target, Outcome]:
    """The targets' last word; a failure is told by the deepest error that the search came to."""
    proof = proven.proofs.get(subject)
    outcomes = proof.targets if proof is not None else session.baselines[subject].targets
    deepest = found.reported.get(subject, {})
    return {
        target: _deepened(outcome, deepest.get(target, outcome))
        for target, outcome in outcomes.items()
    }


def _deepened(outcome: Outcome, deepest: Outcome) -> Outcome:
    """What stands in the end, told by the deepest error; with what was tried of it."""
    if outcome.ok or deepest.ok:
        return outcome
    return replace(deepest, held=outcome.held, broke=outcome.broke)


def _dropped(found: Found, proven: Proven, subject: Subject, session: Session) -> Iterator[Dropped]:
    concerns = session.relevance(found.steps).concerns
    yield from (d for d in proven.dropped if concerns(d.fix, subject))
    told = {d.fix for d in proven.dropped}
    for fix, why in found.harmful.items():
        if fix not in told and concerns(fix, subject):
            yield Dropped(fix, why)


def file_plan(
    source: Source,
    workspace: Workspace,
    final: Version,
    text: str,
    verdicts: Iterable[Verdict],
) -> FilePlan:
    """A file before and after, and what was found in it."""
    facts = workspace.original.facts.get(source.path)
    if facts is None:
        if suppressions_of(source).skips_file:
            return FilePlan(source, source.text)
        trouble, place = _syntax_trouble(source)
        return FilePlan(source, source.text, trouble=trouble, trouble_at=place)
    fixes = tuple(c.id for c in final.done if c.id.path == source.path)
    found = tuple(workspace.original.candidates(source.path, workspace.rules))
    told = _told_by_torch(source, verdicts)
    said = (c.finding for c in found if not c.is_suppressed)
    findings = sorted([*said, *told], key=lambda f: (f.span, f.rule))
    suppressed = tuple(c.finding for c in found if c.is_suppressed)
    return FilePlan(source, text, fixes, tuple(findings), suppressed=suppressed)


def _told_by_torch(source: Source, verdicts: Iterable[Verdict]) -> Iterator[Finding]:
    """What torch says to the subjects that stay blocked, once a place."""
    seen: set[tuple[Target, int, str]] = set()
    for verdict in verdicts:
        for target, outcome in verdict.after.items():
            place = next((p for p in outcome.places if p.path == source.path), None)
            accepted = target in verdict.accepted
            if outcome.ok or accepted or place is None or place.line > len(source.line_starts):
                continue
            message = reason(outcome)
            if (target, place.line, message) in seen:
                continue
            seen.add((target, place.line, message))
            start = source.line_starts[place.line - 1] + place.column
            end = source.line_starts[place.line - 1] + len(source.line(place.line))
            span = Span(min(start, end), end)
            yield Finding(
                target.value, source.path, span, place, message, frozenset({target}), None
            )


def _syntax_trouble(source: Source) -> tuple[str, Place | None]:
    try:
        compile(source.text, source.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = min(error.lineno or 1, len(source.line_starts))
        column = min(max(0, (error.offset or 1) - 1), len(source.line(line)))
        return f"{source.path}:{line}: {error.msg}", Place(source.path, line, column)
    except (ValueError, RecursionError) as error:
        return f"{source.path}: {error}", None
    return f"{source.path}: cannot be parsed", None
