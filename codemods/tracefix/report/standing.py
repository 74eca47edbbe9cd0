"""What is left once a Plan is carried out: the findings that it does not cure."""

from __future__ import annotations

from collections.abc import Iterator

from tracefix.model import FilePlan, Finding, Plan, Safety, Status, Verdict

STUCK = frozenset({Status.BLOCKED, Status.REJECTED})
PASSING = frozenset({Status.KEPT, Status.REPAIRED})


def is_cured(finding: Finding, file: FilePlan) -> bool:
    """Whether the plan applies this finding's fix."""
    return finding.id is not None and finding.id in file.fixes


def uncured(plan: Plan) -> Iterator[Finding]:
    """The findings that stay, in the order of their files."""
    for file in plan.files:
        yield from (finding for finding in file.findings if not is_cured(finding, file))


def leaves_blocked(plan: Plan) -> bool:
    """Whether something blocks a target still.

    A finding in a class that torch was seen to take blocks nothing, whatever a rule says of it.
    """
    if any(verdict.status in STUCK and not is_accepted(verdict) for verdict in plan.verdicts):
        return True
    passing = [verdict for verdict in plan.verdicts if verdict.status in PASSING]
    return any(
        finding.blocks and not any(is_within(finding, verdict) for verdict in passing)
        for finding in uncured(plan)
    )


def is_accepted(verdict: Verdict) -> bool:
    """Whether comments say to leave alone all that a subject fails by."""
    failing = {target for target, outcome in verdict.after.items() if not outcome.ok}
    return failing <= verdict.accepted


def has_findings(plan: Plan) -> bool:
    """Whether there is anything to say of the code as it is."""
    return any(file.findings or file.changed for file in plan.files) or leaves_blocked(plan)


def is_within(finding: Finding, verdict: Verdict) -> bool:
    """Whether a finding lies in the verdict's class or function."""
    name = verdict.subject.qualname
    if finding.id is None or finding.path != verdict.subject.path:
        return False
    return finding.id.scope == name or finding.id.scope.startswith(name + ".")


def waiting_for_unsafe(plan: Plan) -> int:
    """How many findings have a fix that only --unsafe allows, where that was not given."""
    if plan.unsafe:
        return 0
    fixes = (finding.fix for finding in uncured(plan))
    return sum(fix is not None and fix.safety is Safety.ASK for fix in fixes)
