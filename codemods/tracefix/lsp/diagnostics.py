"""A plan's problems as the protocol's diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from lsprotocol import types

from tracefix.lsp.knowledge import Examined
from tracefix.lsp.positions import Encoding, range_of
from tracefix.model import Place, Plan, Span
from tracefix.report.problems import Level, Problem, problems
from tracefix.report.standing import PASSING

SOURCE = "tracefix"
_SEVERITIES = {
    Level.ERROR: types.DiagnosticSeverity.Error,
    Level.WARNING: types.DiagnosticSeverity.Warning,
    Level.NOTE: types.DiagnosticSeverity.Information,
}
Link = Callable[[str], str | None]


def diagnostics(examined: Examined, encoding: Encoding, link: Link) -> Iterator[types.Diagnostic]:
    """What is to be said of a buffer, at the exact places."""
    if examined.file.trouble is not None:
        yield _trouble(examined, encoding)
    for problem in problems(_known(examined)):
        if problem.place.path == examined.source.path and not problem.suppressed:
            yield _diagnostic(problem, examined, encoding, link)


def _known(examined: Examined) -> Plan:
    """The plan; where a proof speaks of this text as its result, with what that proved."""
    if examined.proof is None or examined.is_verified:
        return examined.plan
    passing = tuple(one for one in examined.verdicts if one.status in PASSING)
    return replace(examined.plan, verdicts=passing)


def _diagnostic(
    problem: Problem, examined: Examined, encoding: Encoding, link: Link
) -> types.Diagnostic:
    page = link(problem.rule)
    span = Span(_offset(problem.place, examined), _offset(problem.end, examined))
    return types.Diagnostic(
        range_of(examined.source, span, encoding),
        "\n".join(_message(problem, examined)),
        severity=_severity(problem, examined),
        code=problem.rule,
        code_description=None if page is None else types.CodeDescription(page),
        source=SOURCE,
    )


def _offset(place: Place, examined: Examined) -> int:
    return examined.source.line_starts[place.line - 1] + place.column


def _message(problem: Problem, examined: Examined) -> Iterator[str]:
    yield problem.message
    if problem.refusal:
        yield f"left alone: {problem.refusal}"
    for finding in examined.file.findings:
        if (finding.rule, finding.place) == (problem.rule, problem.place) and finding.id:
            rejected = examined.rejected(finding.id)
            if rejected is not None:
                yield f"not applied: {rejected}"


def _severity(problem: Problem, examined: Examined) -> types.DiagnosticSeverity:
    """As other reports have it; but what only a rule says, and not yet torch, is no error."""
    if problem.level is Level.ERROR and not examined.is_verified:
        return types.DiagnosticSeverity.Warning
    return _SEVERITIES[problem.level]


def _trouble(examined: Examined, encoding: Encoding) -> types.Diagnostic:
    """Why the file is passed over, mostly a syntax error."""
    source, place = examined.source, examined.file.trouble_at
    trouble = examined.file.trouble or ""
    span = Span(0, 0)
    if place is not None:
        start = source.line_starts[place.line - 1]
        span = Span(start + place.column, start + len(source.line(place.line)))
        trouble = trouble.removeprefix(f"{place.path}:{place.line}: ")
    return types.Diagnostic(
        range_of(source, span, encoding),
        f"cannot be checked: {trouble.removeprefix(f'{source.path}: ')}",
        severity=types.DiagnosticSeverity.Error,
        code="invalid-syntax",
        source=SOURCE,
    )
