"""How long the rewritten takes, over what the original takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tracefix.model import Subject
from tracefix.verify.questions import Questions
from tracefix.verify.request import Job
from tracefix.verify.tree import Tree

_ROUNDS = 2


def time_ratios(
    questions: Questions,
    trees: tuple[Tree, Tree],
    path: str,
    jobs: Sequence[Job],
    redirected: Collection[Subject],
) -> dict[Subject, float]:
    """For each job's subject, its time in the second tree over that in the first.

    Both run alone, and by turns; those in `redirected` run with CUDA redirected, in both trees.
    """
    best: dict[tuple[Tree, Subject], float] = {}
    for tree in trees * _ROUNDS:
        for cuda in (False, True):
            own = [job for job in jobs if (job.subject in redirected) is cuda]
            for job, report in questions.ask(tree, path, own, cuda, 1).items():
                key = (tree, job.subject)
                best[key] = min(best.get(key, report.seconds), report.seconds)
    found = {}
    for subject in (job.subject for job in jobs):
        before, after = (best.get((tree, subject)) for tree in trees)
        if before and after:
            found[subject] = after / before
    return found
