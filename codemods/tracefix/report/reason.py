"""The one reason that matters, for a class or function that is not as it should be."""

from __future__ import annotations

import re

from tracefix.model import Finding, Outcome, Plan, Refusal, Status, Verdict
from tracefix.report.standing import uncured
from tracefix.report.view import View

_TYPE = re.compile(r"^(?:[A-Za-z_][\w.]*(?:Error|Exception|Warning)): *")
_LONGEST = 300  # a compiler can print whole schemas in one line


def reason(verdict: Verdict, plan: Plan, view: View) -> str:
    """Why the status is what it is, with a place where one is known; "" where all is well."""
    if verdict.trouble is not None:
        return _told(verdict.trouble, view)
    failing = [outcome for outcome in verdict.after.values() if not outcome.ok]
    if not failing:
        return ""
    if verdict.status is Status.REJECTED:
        dropped = verdict.dropped[0]
        return f"{dropped.fix.rule} was not applied: {dropped.reason}"
    finding = _refused_at(failing[0], plan)
    if finding is not None and isinstance(finding.remedy, Refusal):
        return f"{view.place(finding.place)}: {finding.message}: {finding.remedy.reason}"
    return _told(failing[0], view)


def first_line(error: str) -> str:
    """The first line of an error that says something."""
    for line in error.splitlines():
        stripped = line.strip()
        if stripped and not _TYPE.fullmatch(stripped + " "):
            return stripped if len(stripped) <= _LONGEST else stripped[:_LONGEST] + "..."
    return error.strip()


def _told(outcome: Outcome, view: View) -> str:
    said = first_line(outcome.error) or f"fails in stage {outcome.stage}"
    return said if outcome.place is None else f"{view.place(outcome.place)}: {said}"


def _refused_at(outcome: Outcome, plan: Plan) -> Finding | None:
    """The refused finding on a line that the compiler names, its innermost line first."""
    refused = [one for one in uncured(plan) if isinstance(one.remedy, Refusal)]
    for place in outcome.places:
        for finding in refused:
            if (finding.path, finding.place.line) == (place.path, place.line):
                return finding
    return None
