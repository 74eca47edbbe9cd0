"""A Plan as SARIF 2.1.0, which GitHub's code scanning and many editors read.

A viewer applies one fix alone: each says whether that was proven.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tracefix.model import Plan, Target
from tracefix.report.problems import Problem, problems
from tracefix.report.sarif_fixes import artifact, end_of, sarif_fix, start_of
from tracefix.report.targets import page, title
from tracefix.report.view import View

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


@dataclass(frozen=True)
class RulePage:
    """What a rule says of itself."""

    slug: str
    title: str
    markdown: str


def sarif_report(plan: Plan, view: View, version: str, pages: Iterable[RulePage]) -> str:
    """One SARIF log with one run; paths count from the view's folder."""
    found = problems(plan)
    slugs = sorted({problem.rule for problem in found})
    known = {page.slug: page for page in (*pages, *_targets())}
    seen: Counter[tuple[str, ...]] = Counter()
    driver = {
        "name": "tracefix",
        "version": version,
        "rules": [_rule(known[slug]) for slug in slugs],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(plan, view)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, slugs, view, seen, plan) for problem in found],
        "properties": {"verdicts": _verdicts(plan, view)},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _targets() -> tuple[RulePage, ...]:
    """What torch itself says goes under the target's name."""
    return tuple(RulePage(target.value, title(target), page(target)) for target in Target)


def _rule(page: RulePage) -> dict[str, Any]:
    return {
        "id": page.slug,
        "shortDescription": {"text": page.title},
        "help": {"text": page.markdown, "markdown": page.markdown},
    }


def _result(
    problem: Problem, slugs: Sequence[str], view: View, seen: Counter[tuple[str, ...]], plan: Plan
) -> dict[str, Any]:
    refusal = f" (left alone: {problem.refusal})" if problem.refusal else ""
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": slugs.index(problem.rule),
        "level": problem.level.value,
        "message": {"text": problem.message + refusal},
        "locations": [{"physicalLocation": _location(problem, view)}],
        "partialFingerprints": {"tracefix/v1": _fingerprint(problem, seen)},
        "properties": {"cured": problem.cured},
    }
    if problem.suppressed:
        result["suppressions"] = [{"kind": "inSource"}]
    elif problem.finding is not None:
        fix = sarif_fix(problem.finding, plan, view)
        result |= {} if fix is None else {"fixes": [fix]}
    return result


def _location(problem: Problem, view: View) -> dict[str, Any]:
    place, end = problem.place, problem.end
    is_point = not place < end
    region = start_of(place) if is_point else {**start_of(place), **end_of(end)}
    return {"artifactLocation": artifact(place.path, view), "region": region}


def _fingerprint(problem: Problem, seen: Counter[tuple[str, ...]]) -> str:
    """The same from run to run while lines move: of equal ones, the first is the first still."""
    key = (problem.rule, problem.place.path, problem.message)
    seen[key] += 1
    return hashlib.sha256("\0".join((*key, str(seen[key]))).encode()).hexdigest()[:32]


def _invocation(plan: Plan, view: View) -> dict[str, Any]:
    skipped = [
        f"{view.path(file.source.path)}: {file.trouble}" for file in plan.files if file.trouble
    ]
    troubles = [*skipped, *plan.troubles]
    return {
        "executionSuccessful": not troubles,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": trouble}} for trouble in troubles
        ],
    }


def _verdicts(plan: Plan, view: View) -> list[dict[str, Any]]:
    return [
        {
            "subject": f"{view.path(verdict.subject.path)}::{verdict.subject.qualname}",
            "status": verdict.status.value,
            "proven": list(verdict.proven),
        }
        for verdict in plan.verdicts
    ]
