"""Asks a worker for examples: what there is, tried, and what can be made."""

from __future__ import annotations

from tracefix.model import Outcome, Subject
from tracefix.verify.protocol import Tried
from tracefix.verify.questions import Questions
from tracefix.verify.request import Job, Step
from tracefix.verify.tree import Tree

# Seconds of the processor's time for the search: a class, a class of many, all of a file's.
_FOR_ONE, _FOR_ONE_OF_MANY, _FOR_A_FILE = 2.5, 0.6, 60.0
_LEAST = 0.2


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
    """How the search for an example of some subjects of one file went; `questions` keeps them.

    Where there are many, all get a short search, and the first of those that it was too short for
    a long one, while the file's time lasts.
    """
    many = len(subjects) * _FOR_ONE > _FOR_A_FILE
    short = min(_FOR_ONE_OF_MANY, max(_FOR_A_FILE / max(len(subjects), 1), _LEAST))
    found, spent = _searched(questions, tree, path, subjects, width, short if many else _FOR_ONE)
    left = int((_FOR_A_FILE - spent) / _FOR_ONE) if many else 0
    again = [subject for subject, outcome in found.items() if not outcome.ok][: max(left, 0)]
    return {**found, **_searched(questions, tree, path, again, width, _FOR_ONE)[0]}


def _searched(
    questions: Questions,
    tree: Tree,
    path: str,
    subjects: list[Subject],
    width: int,
    seconds: float,
) -> tuple[dict[Subject, Outcome], float]:
    """The outcomes of searches, and the seconds that they took."""
    jobs = [Job(subject, Step.MAKE, "", seconds=seconds) for subject in subjects]
    reports = questions.run(tree, path, jobs, width)
    for job, report in reports.items():
        if report.recipe is not None:
            questions.recipes[job.subject] = report.recipe
    outcomes = {job.subject: report.outcome for job, report in reports.items()}
    return outcomes, sum(report.seconds for report in reports.values())
