"""What a hover shows: a finding with what can be done about it, or a class with its verdict."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tracefix.lsp.diagnostics import Link
from tracefix.lsp.knowledge import Examined
from tracefix.lsp.positions import Encoding, range_of
from tracefix.model import Finding, Refusal, Span, Verdict
from tracefix.report.changes import changes
from tracefix.report.evidence import evidence
from tracefix.report.reason import reason
from tracefix.report.standing import STUCK, is_within
from tracefix.report.view import View

CUT_SHORT = "time was up before all was tried that might repair more (setting tracefix.time-limit)"


def hover(examined: Examined, offset: int, encoding: Encoding, link: Link) -> types.Hover | None:
    """What there is to say of a place; None where that is nothing."""
    here = Span(offset, offset)
    findings = [f for f in examined.file.findings if f.span.overlaps(here)]
    subject = _class_at(examined, offset)
    verdicts = [
        verdict
        for verdict in examined.verdicts
        if verdict.subject.qualname == subject or any(is_within(f, verdict) for f in findings)
    ]
    parts = [_finding(finding, examined, link) for finding in findings]
    parts += ["\n\n".join(_verdict(verdict, examined)) for verdict in verdicts]
    if not parts:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts))
    smallest = min((f.span for f in findings), key=lambda s: s.end - s.start, default=None)
    place = None if smallest is None else range_of(examined.source, smallest, encoding)
    return types.Hover(content, place)


def _class_at(examined: Examined, offset: int) -> str | None:
    """The class on whose `class` line a place is."""
    facts = examined.draft.workspace.original.facts.get(examined.source.path)
    if facts is None:
        return None
    line = examined.source.place(offset).line
    found = (name for name, node in facts.unit.classes.items() if node.lineno == line)
    return next(found, None)


def _finding(finding: Finding, examined: Examined, link: Link) -> str:
    page = link(finding.rule)
    name = f"`{finding.rule}`" if page is None else f"[`{finding.rule}`]({page})"
    lines = [f"**{name}**: {finding.message}"]
    if finding.blocks:
        lines.append("Blocks: " + ", ".join(sorted(target.value for target in finding.blocks)))
    rejected = examined.rejected(finding.id) if finding.id is not None else None
    if rejected is not None:
        lines.append(f"Not applied: {rejected}")
    elif isinstance(finding.remedy, Refusal):
        lines.append(f"Left alone: {finding.remedy.reason}")
    elif finding.fix is not None:
        proven = finding.id is not None and examined.is_proven(finding.id)
        lines.append(f"Fix: {finding.fix.title} ({'' if proven else 'not '}proven)")
    return "\n\n".join(lines)


def _verdict(verdict: Verdict, examined: Examined) -> Iterator[str]:
    name, proof = verdict.subject.qualname, examined.proof
    if proof is None:
        changed = ": the text has changed since it was" if examined.outdated else ""
        yield f"**{name}**: not verified{changed}"
        return
    rewritten = not examined.is_verified
    status = f"{verdict.status.value}, as rewritten here" if rewritten else verdict.status.value
    yield f"**{name}**: {status} (verified at {proof.clock})"
    root = examined.prepared.config.root
    why = reason(verdict, proof.draft.plan, View(root, root))
    if why:
        yield why
    if proof.draft.plan.cut_short and verdict.status in STUCK:
        yield f"Not the last word: {CUT_SHORT}"
    if verdict.fixes:
        done = changes(verdict)
        yield done[0].upper() + done[1:]
    told = evidence(verdict)
    if told.proven:
        yield "Proven: " + ", ".join(told.proven)
    if told.unproven:
        yield "Not proven: " + ", ".join(told.unproven)
    if verdict.speed is not None:
        yield f"Takes {verdict.speed:.2f} times the original's time"
