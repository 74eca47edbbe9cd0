"""A Plan as GitHub's workflow commands, which become annotations of a pull request."""

from __future__ import annotations

from tracefix.model import Plan
from tracefix.report.problems import Level, Problem, problems
from tracefix.report.view import View

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def github_report(plan: Plan, view: View) -> str:
    """One line for each problem; what went wrong as a whole comes first, as errors."""
    skipped = [
        f"{view.path(file.source.path)}: {file.trouble}" for file in plan.files if file.trouble
    ]
    lines = [f"::error title=tracefix::{_data(one)}\n" for one in (*skipped, *plan.troubles)]
    lines += [_command(one, view) for one in problems(plan) if not one.suppressed]
    return "".join(lines)


def _command(problem: Problem, view: View) -> str:
    place, end = problem.place, problem.end
    properties = {
        "title": f"tracefix ({problem.rule})",
        "file": view.path(place.path),
        "line": str(place.line),
        "col": str(place.column + 1),
    }
    if place.line == end.line and place < end:  # columns of several lines are not taken
        properties["endColumn"] = str(end.column + 1)
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    refusal = f"\nleft alone: {problem.refusal}" if problem.refusal else ""
    cured = " (tracefix --apply cures it)" if problem.cured else ""
    return f"::{_COMMANDS[problem.level]} {told}::{_data(problem.message + cured + refusal)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
