"""How often each rule found something, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tracefix.model import Plan, Refusal
from tracefix.report.standing import is_cured
from tracefix.report.text import summary
from tracefix.report.view import View

_HEADINGS = ("found", "cured", "left alone", "suppressed")


@dataclass(frozen=True)
class RuleCount:
    """One rule's findings: `left_alone` of those told have a reason, `suppressed` are not told."""

    rule: str
    found: int
    cured: int
    left_alone: int
    suppressed: int


def counted(plan: Plan) -> tuple[RuleCount, ...]:
    """The rules that found something, the most frequent first."""
    found: Counter[str] = Counter()
    cured: Counter[str] = Counter()
    left_alone: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    for file in plan.files:
        suppressed.update(finding.rule for finding in file.suppressed)
        for finding in file.findings:
            found[finding.rule] += 1
            cured[finding.rule] += is_cured(finding, file)
            left_alone[finding.rule] += isinstance(finding.remedy, Refusal)
    counts = (
        RuleCount(rule, found[rule], cured[rule], left_alone[rule], suppressed[rule])
        for rule in found.keys() | suppressed.keys()
    )
    return tuple(sorted(counts, key=lambda count: (-count.found, count.rule)))


def statistics_report(plan: Plan, view: View) -> str:
    """A row a rule, and the sum below."""
    counts = counted(plan)
    rows = [(count.found, count.cured, count.left_alone, count.suppressed) for count in counts]
    lines = ["  ".join((*_HEADINGS, "rule"))] if rows else []
    for row, count in zip(rows, counts, strict=True):
        cells = (f"{number:{len(word)}}" for number, word in zip(row, _HEADINGS, strict=True))
        lines.append("  ".join((*cells, view.paint(count.rule, "red", "bold"))))
    return "".join(line + "\n" for line in lines) + ("\n" if lines else "") + summary(plan, view)
