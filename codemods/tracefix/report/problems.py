"""All that a Plan has to say of single places, in one form for the formats that list them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.model import (
    UNUSED,
    FilePlan,
    Finding,
    Outcome,
    Place,
    Plan,
    Refusal,
    Target,
    Verdict,
)
from tracefix.report.heads import head
from tracefix.report.reason import first_line
from tracefix.report.standing import PASSING, STUCK, is_cured, is_within


class Level(str, enum.Enum):
    """How much a problem stands in the way."""

    ERROR = "error"  # it blocks a target, and is left to a person
    WARNING = "warning"  # the plan cures it, or it is a comment that suppresses nothing
    NOTE = "note"  # it blocks nothing: torch takes the class, as it is or as it will be


@dataclass(frozen=True)
class Problem:
    """One thing to say of one place."""

    rule: str  # slug, or the target where torch alone speaks
    place: Place
    end: Place
    message: str
    level: Level
    cured: bool = False  # by the plan's fixes
    refusal: str = ""  # why it is left alone
    suppressed: bool = False
    finding: Finding | None = None  # None where torch alone speaks, of no place


def problems(plan: Plan) -> tuple[Problem, ...]:
    """What is found and what torch says, in the order of files and lines; the suppressed too."""
    found = [
        _problem(finding, file, plan, suppressed)
        for file in plan.files
        for suppressed, findings in ((False, file.findings), (True, file.suppressed))
        for finding in findings
    ]
    return tuple(sorted((*found, *_without_place(plan)), key=lambda p: (p.place, p.rule)))


def _problem(finding: Finding, file: FilePlan, plan: Plan, suppressed: bool) -> Problem:
    cured = is_cured(finding, file)
    refusal = finding.remedy.reason if isinstance(finding.remedy, Refusal) else ""
    end = file.source.place(finding.span.end)
    level = _level(finding, cured, plan)
    start = finding.place
    last = max(start, end)
    return Problem(
        finding.rule, start, last, finding.message, level, cured, refusal, suppressed, finding
    )


def _level(finding: Finding, cured: bool, plan: Plan) -> Level:
    if cured or finding.rule == UNUSED:
        return Level.WARNING
    taken = (verdict for verdict in plan.verdicts if verdict.status in PASSING)
    if not finding.blocks or any(is_within(finding, verdict) for verdict in taken):
        return Level.NOTE
    return Level.ERROR


def _without_place(plan: Plan) -> Iterator[Problem]:
    """What blocks a class without a line of these files being named: it is told at its head."""
    sources = {file.source.path: file.source for file in plan.files}
    for verdict in plan.verdicts:
        if verdict.status not in STUCK or verdict.subject.path not in sources:
            continue
        place = head(sources[verdict.subject.path], verdict.subject)
        for target, outcome in verdict.after.items():
            named = any(one.path in sources for one in outcome.places)
            if place is not None and not outcome.ok and not named:
                yield _told(verdict, target, outcome, place)


def _told(verdict: Verdict, target: Target, outcome: Outcome, place: Place) -> Problem:
    why = first_line(outcome.error) or f"fails in stage {outcome.stage}"
    message = f"{verdict.subject.qualname}: {why}"
    suppressed = target in verdict.accepted
    return Problem(target.value, place, place, message, Level.ERROR, suppressed=suppressed)
