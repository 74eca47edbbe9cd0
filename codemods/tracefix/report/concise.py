"""A Plan in one line a problem, for editors' error lists and for grep."""

from __future__ import annotations

from tracefix.model import Plan
from tracefix.report.problems import problems
from tracefix.report.text import summary
from tracefix.report.view import View


def concise_report(plan: Plan, view: View, show_cured: bool) -> str:
    """`path:line:column: rule message`, `[*]` where the plan cures it, and the sum below."""
    lines = [
        f"{view.place(one.place)}: {view.paint(one.rule, 'red', 'bold')} "
        f"{'[*] ' if one.cured else ''}{one.message}\n"
        for one in problems(plan)
        if not one.suppressed and (show_cured or not one.cured)
    ]
    return "".join(lines) + summary(plan, view)
