"""A plan's findings as the protocol's diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsprotocol import types

from tracefix.lsp.knowledge import Examined
from tracefix.lsp.positions import Encoding, range_of
from tracefix.model import Finding, Refusal, Span, Status, Target
from tracefix.report.standing import is_within

SOURCE = "tracefix"
_BY_TORCH = frozenset(target.value for target in Target)
_PASSING = frozenset({Status.KEPT, Status.REPAIRED})
Link = Callable[[str], str | None]


def diagnostics(examined: Examined, encoding: Encoding, link: Link) -> Iterator[types.Diagnostic]:
    """What is to be said of a buffer, at the exact places."""
    if examined.file.trouble is not None:
        yield _trouble(examined, encoding)
    for finding in examined.file.findings:
        yield diagnostic(finding, examined, encoding, link)


def diagnostic(
    finding: Finding, examined: Examined, encoding: Encoding, link: Link
) -> types.Diagnostic:
    """One finding, with its slug as code and a link to the rule's page."""
    page = link(finding.rule)
    return types.Diagnostic(
        range_of(examined.source, finding.span, encoding),
        "\n".join(_message(finding, examined)),
        severity=_severity(finding, examined),
        code=finding.rule,
        code_description=None if page is None else types.CodeDescription(page),
        source=SOURCE,
    )


def _message(finding: Finding, examined: Examined) -> Iterator[str]:
    yield finding.message
    if isinstance(finding.remedy, Refusal):
        yield f"left alone: {finding.remedy.reason}"
    rejected = examined.rejected(finding.id) if finding.id is not None else None
    if rejected is not None:
        yield f"not applied: {rejected}"


def _severity(finding: Finding, examined: Examined) -> types.DiagnosticSeverity:
    """What torch itself refuses is an error; what only a rule says, a warning."""
    if finding.rule in _BY_TORCH:
        return types.DiagnosticSeverity.Error
    if not finding.blocks or _is_harmless(finding, examined):
        return types.DiagnosticSeverity.Information
    return types.DiagnosticSeverity.Warning


def _is_harmless(finding: Finding, examined: Examined) -> bool:
    """Whether torch was seen to take the class that this lies in, with this in it."""
    if examined.is_verified and finding.id in examined.file.fixes:
        return False
    passing = (verdict for verdict in examined.verdicts if verdict.status in _PASSING)
    return any(is_within(finding, verdict) for verdict in passing)


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
