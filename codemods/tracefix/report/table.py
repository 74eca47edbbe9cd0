"""The table of verdicts: every module class, each target before and after, and why."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence

from tracefix.model import Outcome, Plan, Status, Target, Verdict
from tracefix.report.changes import changes
from tracefix.report.reason import reason
from tracefix.report.view import View

_STYLES = {
    Status.KEPT: "green",
    Status.REPAIRED: "green",
    Status.BLOCKED: "red",
    Status.REJECTED: "red",
    Status.UNVERIFIED: "yellow",
}
_HEADINGS = ("", "status", *(target.value for target in Target), "time", "example")


def table(plan: Plan, view: View) -> str:
    """One row a subject, under its file's path; "" where there is no subject."""
    if not plan.verdicts:
        return ""
    verdicts = sorted(plan.verdicts, key=lambda verdict: verdict.subject)
    rows = [_HEADINGS, *(_row(verdict) for verdict in verdicts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    widths[0] = min(widths[0], max(12, view.width - sum(widths[1:]) - 2 * len(widths)))
    lines = [_aligned(_HEADINGS, widths)]
    for path, group in itertools.groupby(verdicts, key=lambda verdict: verdict.subject.path):
        lines.append(view.paint(path, "bold"))
        for verdict in group:
            lines.append(_painted(_aligned(_row(verdict), widths), verdict.status, view))
            lines.extend(_notes(verdict, plan, view))
    return "".join(line + "\n" for line in lines)


def _row(verdict: Verdict) -> tuple[str, ...]:
    targets = (_change(verdict.before.get(one), verdict.after.get(one)) for one in Target)
    speed = "" if verdict.speed is None else f"x{verdict.speed:.2f}"
    return (verdict.subject.qualname, verdict.status.value, *targets, speed, verdict.example)


def _change(before: Outcome | None, after: Outcome | None) -> str:
    """One target before and after, in a word where nothing changed; "-" where not tried."""
    words = [("ok" if outcome.ok else "fails") for outcome in (before, after) if outcome]
    return " -> ".join(dict.fromkeys(words)) or "-"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """A row in columns; a name too long for its column has a line of its own."""
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
    if len(row[0]) > widths[0]:
        cells[0] = row[0] + "\n  " + " " * widths[0]
    return "  " + "  ".join(cells).rstrip()


def _painted(row: str, status: Status, view: View) -> str:
    name, found, rest = row.rpartition(f" {status.value}")
    return name + view.paint(found, _STYLES[status]) + rest


def _notes(verdict: Verdict, plan: Plan, view: View) -> Iterator[str]:
    if verdict.fixes:
        yield _note(changes(verdict), view)
    why = reason(verdict, plan, view)
    if why:
        yield _note(why, view)
    if view.verbose:
        yield from _details(verdict, view)


def _details(verdict: Verdict, view: View) -> Iterator[str]:
    """What -v adds: what was compared, on which inputs, and every fix not kept."""
    if verdict.proven:
        yield _note("compared: " + ", ".join(verdict.proven), view)
    for target, outcome in verdict.after.items():
        if outcome.held:
            yield _note(f"{target.value} held on: " + ", ".join(outcome.held), view)
        if outcome.broke:
            yield _note(f"{target.value} did not on: " + ", ".join(outcome.broke), view)
        for note in outcome.notes:
            where = "" if note.place is None else f"{view.place(note.place)}: "
            yield _note(f"{target.value}: {where}{note.text}", view)
    for dropped in verdict.dropped:
        yield _note(f"not kept: {dropped.fix.rule}: {dropped.reason}", view)


def _note(text: str, view: View) -> str:
    indent = " " * 6
    return textwrap.fill(
        text,
        max(view.width, 40),
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,  # a path is to stay whole, so that it can be clicked or copied
        break_on_hyphens=False,
    )
