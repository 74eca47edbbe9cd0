"""Finds the fix to blame among many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tracefix.repair.workspace import Step


def first_bad(steps: Sequence[Step], is_good: Callable[[list[Step]], bool]) -> Step:
    """The first of `steps` with which something goes wrong that goes well with those before it.

    All of them together are known to go wrong, and none of them to go well.
    """
    good, bad = 0, len(steps)
    while bad - good > 1:
        middle = (good + bad) // 2
        if is_good(list(steps[:middle])):
            good = middle
        else:
            bad = middle
    return steps[bad - 1]
