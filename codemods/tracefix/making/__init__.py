"""Examples that nobody has to write: found, recorded or made for classes that have none."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from tracefix.facts import ClassInfo, Facts, Project
from tracefix.making.uses import hints_of
from tracefix.model import Outcome, Subject
from tracefix.verify.client import Verifier
from tracefix.verify.hints import Hints
from tracefix.verify.protocol import Tried

__all__ = ["find_examples", "hints_for", "lacks_example", "runnable_subjects"]


def runnable_subjects(facts: Mapping[str, Facts]) -> list[Subject]:
    """Every module class of a project that can run, in the order of its files."""
    first = next(iter(facts.values()), None)
    if first is None:
        return []
    project = first.project
    return [info.subject for info in project.modules if not _only_raises(project, info)]


def _only_raises(project: Project, info: ClassInfo) -> bool:
    found = project.find_method(info, "forward")
    last = found[1].body[-1] if found is not None and project.is_abstract(info) else None
    return isinstance(last, ast.Raise)


def find_examples(
    verifier: Verifier,
    facts: Mapping[str, Facts],
    subjects: Iterable[Subject],
    progress: Callable[[Subject], None] | None = None,
) -> dict[Subject, Tried]:
    """An example for every subject, tried, or why there is none."""
    tried = verifier.tried(subjects)
    if progress is not None:
        for subject, one in tried.items():
            if not lacks_example(one.outcome, one.example):
                progress(subject)
    lacking = [s for s, one in tried.items() if lacks_example(one.outcome, one.example)]
    if not lacking:
        return tried
    searched = verifier.make(hints_for(facts, lacking), progress)
    made = [subject for subject, outcome in searched.items() if outcome.ok]
    tried.update(verifier.tried(made))
    for subject, outcome in searched.items():
        if not outcome.ok:
            tried[subject] = replace(tried[subject], outcome=outcome)
    return tried


def lacks_example(outcome: Outcome, example: str) -> bool:
    """Whether a subject did not run because nothing says how to."""
    return not outcome.ok and outcome.stage == "example" and not example


def hints_for(facts: Mapping[str, Facts], subjects: Iterable[Subject]) -> dict[Subject, Hints]:
    """What the text tells of some subjects' arguments."""
    first = next(iter(facts.values()), None)
    project = Project({}) if first is None else first.project
    return {s: hints_of(project, project.classes[s]) for s in subjects if s in project.classes}
