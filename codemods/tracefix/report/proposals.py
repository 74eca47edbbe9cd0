"""Which fixes of findings can be handed on, and what may be claimed of each by itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tracefix.model import UNUSED, FilePlan, Finding, Fix, FixId, Plan, Safety


@dataclass(frozen=True)
class Proposal:
    """A finding's fix, under a title that says what is known of it alone."""

    title: str
    fix: Fix


def proposal(finding: Finding, file: FilePlan, plan: Plan) -> Proposal | None:
    """What can be done about one finding; None where there is nothing, or it was found to harm."""
    fix, id_ = finding.fix, finding.id
    if fix is None or not fix.edits:
        return None
    if finding.rule == UNUSED:  # a comment, which no proof is about
        return Proposal(fix.title, fix)
    if id_ is None or any(id_ == one.fix for v in plan.verdicts for one in v.dropped):
        return None
    claim = unproven(fix.safety)
    if _is_proven(id_, plan):
        is_alone = file.fixes == (id_,) and _leads_to(fix, file)
        claim = "proven" if is_alone else "proven together with this file's other fixes, not alone"
    return Proposal(f"{fix.title} ({claim})", fix)


def _is_proven(id_: FixId, plan: Plan) -> bool:
    return any(id_ in verdict.fixes and verdict.proven for verdict in plan.verdicts)


def _leads_to(fix: Fix, file: FilePlan) -> bool:
    """Whether a fix's edits make what was proven, but for layout."""
    if any(edit.path not in (None, file.source.path) for edit in fix.edits):
        return False
    text = file.source.text
    for edit in sorted(fix.edits, key=lambda edit: edit.span, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return ast.dump(ast.parse(text)) == ast.dump(ast.parse(file.after))


def unproven(safety: Safety) -> str:
    """What is to be said of a fix that was not proven."""
    if safety is Safety.SAFE:
        return "right by construction, not proven"
    return "unsafe, not proven" if safety is Safety.ASK else "not proven"
