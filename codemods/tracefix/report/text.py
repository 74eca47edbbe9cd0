"""A Plan for a person at a terminal: findings, the table, what is missing, and the sum."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from tracefix.model import Finding, Outcome, Plan, Refusal, Source, Status, Subject
from tracefix.report.skeleton import skeletons
from tracefix.report.standing import is_cured, waiting_for_unsafe
from tracefix.report.table import table
from tracefix.report.view import View

_CUT_SHORT = "Time was up before all was tried that might repair more: --time-limit 0 tries it."
_SKELETONS = 3  # as many as are shown without -v; the rest are counted


def text_report(plan: Plan, view: View, show_cured: bool) -> str:
    """Everything but the diff; `show_cured` also lists the findings that the plan's fixes cure."""
    parts = ("".join(_findings(plan, view, show_cured)), table(plan, view), _missing(plan, view))
    return "\n".join(part for part in (*parts, summary(plan, view)) if part)


def troubles(plan: Plan, view: View) -> tuple[str, ...]:
    """One line for each file that was passed over and each thing that went wrong."""
    skipped = (file for file in plan.files if file.trouble is not None)
    lines = (f"{view.path(file.source.path)}: {file.trouble}" for file in skipped)
    return (*lines, *plan.troubles)


def _findings(plan: Plan, view: View, show_cured: bool) -> Iterator[str]:
    for file in plan.files:
        for finding in sorted(file.findings, key=lambda finding: finding.span):
            cured = is_cured(finding, file)
            if show_cured or not cured:
                yield _finding(finding, cured, view)


def _finding(finding: Finding, cured: bool, view: View) -> str:
    """One line as ruff has it, `[*]` where the plan cures it; below, why it is left alone."""
    mark = "[*] " if cured else ""
    place, rule = view.place(finding.place), view.paint(finding.rule, "red", "bold")
    line = f"{place}: {rule} {mark}{finding.message}\n"
    if not isinstance(finding.remedy, Refusal):
        return line
    why = f"left alone: {finding.remedy.reason}"
    return line + textwrap.indent(textwrap.fill(why, view.width - 4), "    ") + "\n"


def _missing(plan: Plan, view: View) -> str:
    """Example functions to fill in, for what could not be verified for want of one."""
    sources = {file.source.path: file.source for file in plan.files}
    lacking: dict[Subject, Source] = {
        verdict.subject: sources[verdict.subject.path]
        for verdict in plan.verdicts
        if _lacks_example(verdict.trouble, verdict.example) and verdict.subject.path in sources
    }
    if not lacking:
        return ""
    shown = dict(list(lacking.items())[: None if view.verbose else _SKELETONS])
    more = len(lacking) - len(shown)
    rest = f"\n# and {more} more: -v shows them all\n" if more else ""
    heading = "To verify what has no example, fill in and save as tracefix_examples.py:\n\n"
    return heading + skeletons(shown) + rest


def _lacks_example(trouble: Outcome | None, example: str) -> bool:
    return trouble is not None and trouble.stage == "example" and not example


def summary(plan: Plan, view: View) -> str:
    """The sum of it all, in a line or two."""
    told = textwrap.fill(f"{counts(plan)} ({plan.seconds:.1f} s)", view.width) + "\n"
    if (asking := waiting_for_unsafe(plan)) > 0:
        told += f"{_counted(asking, 'finding')} could be cured by changing an interface: --unsafe\n"
    return told + (f"{_CUT_SHORT}\n" if plan.cut_short else "")


def counts(plan: Plan) -> str:
    """How many files, findings and classes of each status there are."""
    findings = sum(len(file.findings) for file in plan.files)
    changed = sum(file.changed for file in plan.files)
    statuses = Counter(verdict.status for verdict in plan.verdicts)
    parts = [_counted(len(plan.files), "file"), _counted(findings, "finding")]
    suppressed = sum(len(file.suppressed) for file in plan.files)
    parts += [f"{suppressed} suppressed"] if suppressed else []
    parts += [f"{changed} to change"] if changed else []
    parts += [f"{statuses[status]} {status.value}" for status in Status if statuses[status]]
    return ", ".join(parts)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
