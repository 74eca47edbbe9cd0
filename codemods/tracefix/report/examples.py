"""Where each class's example comes from, or what is missing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

from tracefix.model import Subject
from tracefix.report.reason import first_line
from tracefix.report.view import View
from tracefix.verify.protocol import Tried


def origin(tried: Tried) -> str:
    """ "user", "found", "recorded", "made" or "none"."""
    return tried.example or "none"


def examples_json(tried: Mapping[Subject, Tried]) -> str:
    """A list with one object for each class."""
    return json.dumps([_plain(one) for _, one in sorted(tried.items())], indent=2) + "\n"


def _plain(tried: Tried) -> dict[str, Any]:
    return {
        "subject": str(tried.subject),
        "origin": origin(tried),
        "runs": tried.outcome.ok,
        "reason": _reason(tried) or None,
    }


def examples_text(tried: Mapping[Subject, Tried], view: View) -> str:
    """One line a class under its file, then how many of them run."""
    lines: list[str] = []
    ordered = sorted(tried)
    width = max((len(subject.qualname) for subject in ordered), default=0)
    for path, group in itertools.groupby(ordered, key=lambda subject: subject.path):
        lines.append(view.paint(view.path(path), "bold"))
        for subject in group:
            one = tried[subject]
            told = view.paint(f"{origin(one):8}", "green" if one.outcome.ok else "yellow")
            lines.append(f"  {subject.qualname:{width}}  {told}  {_reason(one)}".rstrip())
    runs = sum(one.outcome.ok for one in tried.values())
    lines.append(f"{runs} of {len(tried)} have an example that runs")
    return "".join(line + "\n" for line in lines)


def _reason(tried: Tried) -> str:
    if tried.outcome.ok:
        return ""
    return first_line(tried.outcome.error) or f"fails in stage {tried.outcome.stage}"
