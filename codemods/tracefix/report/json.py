"""A Plan as JSON for other programs. Keys are added, never changed, within one version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracefix.model import (
    FilePlan,
    Finding,
    FixId,
    Outcome,
    Place,
    Plan,
    Refusal,
    Target,
    Verdict,
)
from tracefix.report.diff import unified_diff
from tracefix.report.reason import reason
from tracefix.report.standing import is_cured, leaves_blocked
from tracefix.report.statistics import counted
from tracefix.report.view import View

VERSION = 1


def json_report(plan: Plan, root: Path, statistics: bool = False) -> str:
    """One JSON object; all of its paths count from `root`, columns and lines from 1."""
    view = View(root, root)
    document: dict[str, Any] = {
        "version": VERSION,
        "root": root.as_posix(),
        "seconds": round(plan.seconds, 3),
        "cut_short": plan.cut_short,
        "blocked": leaves_blocked(plan),
        "verdicts": [_verdict(verdict, plan, view) for verdict in plan.verdicts],
        "files": [_file(file) for file in plan.files],
        "troubles": list(plan.troubles),
        "diff": _readable(unified_diff(plan, view)),
    }
    if statistics:
        document["statistics"] = [asdict(count) for count in counted(plan)]
    return json.dumps(document, indent=2) + "\n"


def _verdict(verdict: Verdict, plan: Plan, view: View) -> dict[str, Any]:
    return {
        "subject": str(verdict.subject),
        "status": verdict.status.value,
        "reason": reason(verdict, plan, view) or None,
        "before": _outcomes(verdict.before),
        "after": _outcomes(verdict.after),
        "fixes": [_fix_id(fix) for fix in verdict.fixes],
        "dropped": [{**_fix_id(one.fix), "reason": one.reason} for one in verdict.dropped],
        "trouble": None if verdict.trouble is None else _outcome(verdict.trouble),
        "proven": list(verdict.proven),
        "speed": verdict.speed,
        "example": verdict.example or None,
        "suppressed": sorted(target.value for target in verdict.accepted),
    }


def _file(file: FilePlan) -> dict[str, Any]:
    return {
        "path": file.source.path,
        "changed": file.changed,
        "trouble": file.trouble,
        "findings": [_finding(finding, file) for finding in file.findings],
        "suppressed": [_finding(finding, file) for finding in file.suppressed],
    }


def _finding(finding: Finding, file: FilePlan) -> dict[str, Any]:
    remedy = finding.remedy
    return {
        "rule": finding.rule,
        "place": _place(finding.place),
        "end": _place(max(finding.place, file.source.place(finding.span.end))),
        "message": finding.message,
        "blocks": sorted(target.value for target in finding.blocks),
        "fix": None if finding.fix is None else finding.fix.title,
        "safety": None if finding.fix is None else finding.fix.safety.value,
        "applied": is_cured(finding, file),
        "refusal": remedy.reason if isinstance(remedy, Refusal) else None,
    }


def _fix_id(fix: FixId) -> dict[str, Any]:
    return {"rule": fix.rule, "path": fix.path, "scope": fix.scope}


def _outcomes(outcomes: Mapping[Target, Outcome]) -> dict[str, Any]:
    return {target.value: _outcome(outcome) for target, outcome in outcomes.items()}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "ok": outcome.ok,
        "stage": outcome.stage,
        "error": outcome.error or None,
        "places": [_place(place) for place in outcome.places],
        "held": list(outcome.held),
        "broke": list(outcome.broke),
        "notes": [
            {"text": note.text, "place": None if note.place is None else _place(note.place)}
            for note in outcome.notes
        ],
    }


def _place(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line, "column": place.column + 1}


def _readable(text: str) -> str:
    """Without the surrogates that stand for another encoding's bytes: JSON has no word for them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
