"""Asks a worker for examples: what there is, tried, and what can be made."""

from __future__ import annotations

from tracefix.model import Outcome, Subject
from tracefix.verify.protocol import Tried
from tracefix.verify.questions import Questions
from tracefix.verify.request import Job, Step
from tracefix.verify.tree import Tree


def tried(
    questions: Questions, tree: Tree, path: str, subjects: list[Subject], width: int
) -> list[Tried]:
    """Whether some subjects of one file have an example that runs."""
    jobs = {subject: Job(subject, Step.TRY, "") for subject in subjects}
    reports = questions.run(tree, path, list(jobs.values()), width)
    told = ((subject, reports[job]) for subject, job in jobs.items())
    recipes = questions.recipes
    return [Tried(s, r.outcome, r.example, recipes.get(s), r.recorded) for s, r in told]


def made(
    questions: Questions, tree: Tree, path: str, subjects: list[Subject], width: int
) -> dict[Subject, Outcome]:
    """How the search for an example of some subjects of one file went; `questions` keeps them."""
    jobs = [Job(subject, Step.MAKE, "") for subject in subjects]
    reports = questions.run(tree, path, jobs, width)
    for job, report in reports.items():
        if report.recipe is not None:
            questions.recipes[job.subject] = report.recipe
    return {job.subject: report.outcome for job, report in reports.items()}
