"""A Plan as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracefix.model import Outcome, Plan, Status, Target, Verdict
from tracefix.report.changes import changes
from tracefix.report.diff import unified_diff
from tracefix.report.evidence import evidence
from tracefix.report.problems import Level, Problem, problems
from tracefix.report.reason import reason
from tracefix.report.standing import STUCK, is_accepted
from tracefix.report.text import counts, troubles
from tracefix.report.view import View

_CUT_SHORT = "Time was up before all was tried that might repair more (`--time-limit`)."
_LONGEST = 60_000  # characters; GitHub takes 65,536 in a comment
_CHANGED = "🔧"
_SIGNS = {Status.REPAIRED: _CHANGED, Status.BLOCKED: "❌", Status.REJECTED: "❌"}


def markdown_report(plan: Plan, view: View) -> str:
    """The sum, the classes that are not as they were, the problems, and the patch, folded."""
    parts = [f"### tracefix: {counts(plan)}"]
    parts += [_CUT_SHORT] if plan.cut_short else []
    wrong = [f"- {_text(line)}" for line in troubles(plan, view)]
    parts += ["**Went wrong**\n\n" + "\n".join(wrong)] if wrong else []
    changed = [one for one in plan.verdicts if one.status in _SIGNS or one.fixes]
    parts += [_table(changed, plan, view)] if changed else []
    untold = [one for one in problems(plan) if not one.suppressed and not one.cured]
    left = [one for one in untold if one.level is not Level.NOTE]
    parts += [_folded(f"{len(left)} left to do", _rows(left, view))] if left else []
    diff = unified_diff(plan, view).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    parts += [_folded("What tracefix would change", _fenced(diff, "diff"))] if diff else []
    return _fitting(parts)


def _fitting(parts: Sequence[str]) -> str:
    """As many parts as a comment can hold; the long ones are at the end."""
    text, cut = "", "\n\nThe rest is too long for a comment.\n"
    for part in parts:
        if len(text) + len(part) + len(cut) > _LONGEST:
            return text.rstrip("\n") + cut
        text += part + "\n\n"
    return text.rstrip("\n") + "\n"


def _table(verdicts: Sequence[Verdict], plan: Plan, view: View) -> str:
    heads = (
        "",
        "class",
        "status",
        *(target.value for target in Target),
        "what was done, and what is proven or blocks",
    )
    rows = [_cells(heads), _cells(["---"] * len(heads))]
    for verdict in sorted(verdicts, key=lambda verdict: verdict.subject):
        targets = (_change(verdict.before.get(one), verdict.after.get(one)) for one in Target)
        path = view.path(verdict.subject.path)
        status = verdict.status.value + (" (suppressed)" if _is_accepted(verdict) else "")
        told = (changes(verdict), reason(verdict, plan, view) or _proven(verdict))
        why = "<br>".join(_text(each) for each in told if each)
        name = f"{_code(verdict.subject.qualname)} in {_code(path)}"
        sign = _SIGNS.get(verdict.status, _CHANGED)
        rows.append(_cells([sign, name, status, *targets, why]))
    return "\n".join(rows)


def _proven(verdict: Verdict) -> str:
    return f"proven: {', '.join(evidence(verdict).proven)}" if verdict.proven else ""


def _is_accepted(verdict: Verdict) -> bool:
    return verdict.status in STUCK and is_accepted(verdict)


def _change(before: Outcome | None, after: Outcome | None) -> str:
    words = [("ok" if outcome.ok else "fails") for outcome in (before, after) if outcome]
    return " → ".join(dict.fromkeys(words)) or "-"


def _rows(left: Sequence[Problem], view: View) -> str:
    rows = [_cells(["place", "rule", ""]), _cells(["---"] * 3)]
    for one in left:
        why = f"<br>left alone: {_text(one.refusal)}" if one.refusal else ""
        rows.append(
            _cells([_code(view.place(one.place)), _code(one.rule), _text(one.message) + why])
        )
    return "\n".join(rows)


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _fenced(text: str, language: str) -> str:
    """A block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}"


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    """Inline code in a table's cell."""
    return "`" + text.replace("`", "'").replace("|", "\\|") + "`"


def _text(text: str) -> str:
    """Plain words in a table's cell: what is markup there is shown as it is."""
    shown = re.sub(r"([\\`*_\[\]|#~@])", r"\\\1", " ".join(text.split()))
    return shown.replace("<", "&lt;").replace(">", "&gt;")
