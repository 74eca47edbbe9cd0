"""The one reason that matters, for a class or function that is not as it should be."""

from __future__ import annotations

import re

from tracefix.model import Finding, Outcome, Place, Plan, Refusal, Status, Target, Verdict
from tracefix.report.standing import is_within, uncured
from tracefix.report.view import View

_TYPE = re.compile(r"^(?:[A-Za-z_][\w.]*(?:Error|Exception|Warning)): *")
_LONGEST = 300  # a compiler can print whole schemas in one line


def reason(verdict: Verdict, plan: Plan, view: View) -> str:
    """Why the status is what it is, with a place where one is known; "" where all is well."""
    if verdict.trouble is not None:
        return _told(verdict.trouble, view)
    failing = [(target, outcome) for target, outcome in verdict.after.items() if not outcome.ok]
    failing.sort(key=lambda failed: failed[0] in verdict.accepted)  # what is no news comes last
    if not failing:
        return ""
    if verdict.status is Status.REJECTED:
        dropped = verdict.dropped[0]
        return f"{dropped.fix.rule} was not applied: {dropped.reason}"
    target, outcome = failing[0]
    if target in verdict.accepted:
        return f"{target.value} (suppressed): {_told(outcome, view)}"
    differs = outcome.stage == "compare"
    refused = None if differs else _refused_at(outcome, plan)
    if refused is not None:
        return f"{target.value}: {_pointed(refused, view)}"
    told = f"{target.value}: {_told(outcome, view)}"
    known = outcome.place and not differs
    cause = None if known else _cause_within(verdict, target, plan, outcome.place)
    return told if cause is None else f"{told}; {_pointed(cause, view)}"


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


def _pointed(finding: Finding, view: View) -> str:
    why = f": {finding.remedy.reason}" if isinstance(finding.remedy, Refusal) else ""
    return f"{view.place(finding.place)}: {finding.message}{why}"


def _refused_at(outcome: Outcome, plan: Plan) -> Finding | None:
    """The refused finding on a line that the compiler names, its innermost line first."""
    refused = [one for one in uncured(plan) if isinstance(one.remedy, Refusal)]
    for place in outcome.places:
        for finding in refused:
            if (finding.path, finding.place.line) == (place.path, place.line):
                return finding
    return None


def _cause_within(
    verdict: Verdict, target: Target, plan: Plan, place: Place | None
) -> Finding | None:
    """What a rule knows, where torch says that values differ, and not why.

    It is the last one above the place, or else the first: what a step is given wrongly was decided
    before it.
    """
    blocking = (one for one in uncured(plan) if target in one.blocks)
    found = [finding for finding in blocking if is_within(finding, verdict)]
    above = [one for one in found if place is not None and _is_above(one.place, place)]
    return max(above, key=lambda one: one.place) if above else next(iter(found), None)


def _is_above(one: Place, other: Place) -> bool:
    return one.path == other.path and one.line <= other.line
