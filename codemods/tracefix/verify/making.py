"""Asks a worker for examples: what there is, tried, and what can be made."""

from __future__ import annotations

from tracefix.model import Outcome, Subject
from tracefix.verify.protocol import Tried
from tracefix.verify.questions import Questions
from tracefix.verify.request import Job, Step
from tracefix.verify.tree import Tree

FOR_A_FILE = 60.0  # seconds of the processor's time for all searches in one file
_FOR_ONE, _FOR_ONE_OF_MANY = 2.5, 0.6  # for a class, and for one of many
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
    questions: Questions,
    tree: Tree,
    path: str,
    subjects: list[Subject],
    width: int,
    seconds: float = FOR_A_FILE,
) -> dict[Subject, Outcome]:
    """How the search for an example of some subjects of one file went; `questions` keeps them.

    Where there are more than the file has `seconds` left for, all get a short search, and the first
    of those that it was too short for a long one, while the time lasts.
    """
    left = seconds - questions.searched.get(path, 0.0)
    many = len(subjects) * _FOR_ONE > left
    short = min(_FOR_ONE_OF_MANY, max(left / max(len(subjects), 1), _LEAST))
    found = _searched(questions, tree, path, subjects, width, short if many else _FOR_ONE)
    left = seconds - questions.searched.get(path, 0.0)
    more = max(int(left / _FOR_ONE), 0) if many else 0
    again = [subject for subject, outcome in found.items() if not outcome.ok][:more]
    return {**found, **_searched(questions, tree, path, again, width, _FOR_ONE)}


def _searched(
    questions: Questions,
    tree: Tree,
    path: str,
    subjects: list[Subject],
    width: int,
    seconds: float,
) -> dict[Subject, Outcome]:
    """The outcomes of searches, whose time is counted."""
    jobs = [Job(subject, Step.MAKE, "", seconds=seconds) for subject in subjects]
    reports = questions.run(tree, path, jobs, width)
    for job, report in reports.items():
        if report.recipe is not None:
            questions.recipes[job.subject] = report.recipe
    spent = sum(report.seconds for report in reports.values())
    questions.searched[path] = questions.searched.get(path, 0.0) + spent
    return {job.subject: report.outcome for job, report in reports.items()}
