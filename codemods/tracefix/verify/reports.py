"""What the reports on a subject's jobs come to."""

from __future__ import annotations

from collections.abc import Mapping

from tracefix.model import Outcome, Subject, Target
from tracefix.verify.protocol import Baseline, Warned
from tracefix.verify.request import LATE, Job, Report

_UNRECORDED = Report(Outcome("eager", False, "the original does not run"))


def parts(
    subject: Subject, reports: Mapping[Job, Report]
) -> tuple[Report, dict[Target, Outcome], tuple[Warned, ...]]:
    """The subject's report in eager mode, its targets' outcomes and their warnings."""
    own = {job: report for job, report in reports.items() if job.subject == subject}
    eager = next((report for job, report in own.items() if job.target is None), _UNRECORDED)
    captured = {job.target: report.outcome for job, report in own.items() if job.target}
    warned = tuple(warning for report in own.values() for warning in report.warned)
    return eager, captured, warned


def first(subject: Subject, reports: Mapping[Job, Report]) -> Baseline:
    """What those jobs say of a subject; one that was not tried at all targets in time is late."""
    own = [report for job, report in reports.items() if job.subject == subject]
    late = any(report.late for report in own)
    eager, captured, warned = parts(subject, reports)
    return Baseline(
        subject,
        Outcome("eager", False, LATE) if late else eager.outcome,
        captured,
        warned,
        eager.observed,
        eager.example,
        eager.cuda,
        sum(report.seconds for report in own),
        eager.recorded,
        late,
    )
