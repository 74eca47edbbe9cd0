"""A finding's fix in SARIF's terms: files, regions that go, and the text that comes there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tracefix.model import Finding, Place, Plan, Source, TextEdit
from tracefix.report.proposals import proposal
from tracefix.report.view import View

_BASE = "%SRCROOT%"


def sarif_fix(finding: Finding, plan: Plan, view: View) -> dict[str, Any] | None:
    """The fix with its claim; None where there is none, or it changes what the plan does not hold."""
    files = {file.source.path: file for file in plan.files}
    proposed = proposal(finding, files[finding.path], plan)
    if proposed is None:
        return None
    changed: dict[str, list[TextEdit]] = {}
    for edit in proposed.fix.edits:
        changed.setdefault(edit.path or finding.path, []).append(edit)
    if not changed.keys() <= files.keys():
        return None
    return {
        "description": {"text": proposed.title},
        "artifactChanges": [
            {
                "artifactLocation": artifact(path, view),
                "replacements": [_replacement(edit, files[path].source) for edit in edits],
            }
            for path, edits in changed.items()
        ],
    }


def _replacement(edit: TextEdit, source: Source) -> dict[str, Any]:
    start, end = source.place(edit.span.start), source.place(edit.span.end)
    region = {**start_of(start), **end_of(end)}  # without its end it would be the whole line
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}


def artifact(path: str, view: View) -> dict[str, str]:
    """Where a file lies: below the view's folder, or anywhere by its whole path."""
    seen = view.path(path)
    located = {"uri": quote(seen)}
    return located if seen.startswith("/") else {**located, "uriBaseId": _BASE}


def start_of(place: Place) -> dict[str, int]:
    """A region's first half."""
    return {"startLine": place.line, "startColumn": place.column + 1}


def end_of(place: Place) -> dict[str, int]:
    """A region's other half: its last column is the one behind it."""
    return {"endLine": place.line, "endColumn": place.column + 1}
