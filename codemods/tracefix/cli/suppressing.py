"""`--add-ignore`: a comment for everything that is found, so that only what is new is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tracefix.model import UNUSED, FilePlan, Plan, Source, Subject
from tracefix.report.heads import head
from tracefix.report.standing import is_within
from tracefix.sources import adding

_Place = tuple[str, int]  # path and line


def with_comments(plan: Plan, reason: str) -> Plan:
    """A plan that changes nothing but adds comments, which suppress all that `plan` has found."""
    wanted: dict[_Place, set[str]] = {}
    for finding in (one for file in plan.files for one in file.findings):
        if finding.rule != UNUSED:
            wanted.setdefault((finding.path, finding.place.line), set()).add(finding.rule)
    for place, slug in _told_by_torch(plan):
        wanted.setdefault(place, set()).add(slug)
    files = tuple(_commented(file, wanted, reason) for file in plan.files)
    return Plan(files, troubles=plan.troubles, seconds=plan.seconds)


def _commented(file: FilePlan, wanted: dict[_Place, set[str]], reason: str) -> FilePlan:
    lines = {line: slugs for (path, line), slugs in wanted.items() if path == file.source.path}
    text = file.source.text
    for edit in sorted(adding(file.source, lines, reason), key=lambda edit: edit.span)[::-1]:
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return replace(file, after=text, fixes=(), findings=())


def _told_by_torch(plan: Plan) -> Iterator[tuple[_Place, str]]:
    """The failures that no finding of a rule explains: where torch told them, or at the head."""
    sources = {file.source.path: file.source for file in plan.files}
    findings = [finding for file in plan.files for finding in file.findings]
    for verdict in plan.verdicts:
        for target, outcome in verdict.before.items():
            explained = any(
                target in finding.blocks and is_within(finding, verdict) for finding in findings
            )
            if outcome.ok or explained or target in verdict.accepted:
                continue
            named = ((place.path, place.line) for place in outcome.places if place.path in sources)
            place = next(named, None) or _head(sources, verdict.subject)
            if place is not None:
                yield place, target.value


def _head(sources: dict[str, Source], subject: Subject) -> _Place | None:
    """Where a subject is defined, if it lies in what is to change."""
    place = head(sources[subject.path], subject) if subject.path in sources else None
    return (place.path, place.line) if place is not None else None
