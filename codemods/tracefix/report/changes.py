"""What was done to a class or function, in words that fit what became of it."""

from __future__ import annotations

from collections import Counter

from tracefix.model import Status, Target, Verdict


def changes(verdict: Verdict) -> str:
    """The fixes that concern a subject; "" where there are none.

    Some are wanted though they bring no target any further: of those nothing is said to be fixed.
    """
    if not verdict.fixes:
        return ""
    counts = Counter(fix.rule for fix in verdict.fixes)
    names = (rule if count == 1 else f"{rule} x{count}" for rule, count in counts.items())
    return f"{_done(verdict)}: {', '.join(names)}"


def _done(verdict: Verdict) -> str:
    if verdict.status is Status.UNVERIFIED:
        return "changed, unverified"
    if verdict.status is Status.REPAIRED:
        return "fixed"
    won = [target.value for target in Target if _is_won(verdict, target)]
    return f"fixed for {' and '.join(won)}" if won else "changed, proven the same"


def _is_won(verdict: Verdict, target: Target) -> bool:
    before, after = verdict.before.get(target), verdict.after.get(target)
    return before is not None and after is not None and after.ok and not before.ok
