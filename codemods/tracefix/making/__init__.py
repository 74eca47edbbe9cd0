"""Examples that nobody has to write: found, recorded or made for classes that have none."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tracefix.facts import ClassInfo, Facts, Project
from tracefix.making.builders import builds
from tracefix.making.callers import built_by_others
from tracefix.making.configs import configs, configured
from tracefix.making.found import found_recipes
from tracefix.making.uses import hints_of
from tracefix.model import Outcome, Source, Subject
from tracefix.verify.client import Verifier
from tracefix.verify.hints import Hints
from tracefix.verify.making import FOR_A_FILE
from tracefix.verify.protocol import Tried
from tracefix.verify.recipe import Recipe

__all__ = ["find_examples", "hints_for", "lacks_example", "runnable_subjects", "supply"]


_OF_ONE = 3  # examples found of one class that are tried
_STARTS = 4  # what is known of its constructor's arguments, for a search


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
    snippets: Iterable[Source] = (),
    progress: Callable[[Subject], None] | None = None,
) -> dict[Subject, Tried]:
    """An example for every subject, tried, or why there is none."""
    tried = verifier.tried(subjects)
    lacking = [s for s, one in tried.items() if lacks_example(one.outcome, one.example)]
    if progress is not None:
        for subject in set(tried) - set(lacking):
            progress(subject)
    recorded = [one.recorded for one in tried.values()]
    return {**tried, **supply(verifier, facts, lacking, recorded, snippets, progress)}


def supply(
    verifier: Verifier,
    facts: Mapping[str, Facts],
    lacking: Iterable[Subject],
    recorded: Iterable[Mapping[Subject, Recipe]] = (),
    snippets: Iterable[Source] = (),
    progress: Callable[[Subject], None] | None = None,
    seconds: float = FOR_A_FILE,
) -> dict[Subject, Tried]:
    """Examples for subjects that have none, each tried, or why there is none.

    What the project's own text shows comes first (`snippets` are of files that are no part of the
    run), then what was recorded while others ran. Then one is made for the classes that no
    other builds: what runs below them is recorded in turn, and only the rest is made by itself. That
    takes about `seconds` of the processor's time for each file.
    """
    shown = tuple(snippets)
    hints = hints_for(facts, lacking, shown)
    supplier = _Supplier(verifier, hints, progress, seconds)
    supplier.take_found(found_recipes(facts, shown))
    supplier.take(recorded)
    waiting = supplier.waiting
    roots = set(waiting) - built_by_others(facts, waiting)
    for group in ([s for s in waiting if s in roots], waiting):
        supplier.make(group)
    return supplier.tried


@dataclass
class _Supplier:
    """Gathers examples until none is wanting, or none can be had."""

    verifier: Verifier
    hints: Mapping[Subject, Hints]
    progress: Callable[[Subject], None] | None
    seconds: float
    tried: dict[Subject, Tried] = field(default_factory=dict)

    @property
    def waiting(self) -> list[Subject]:
        """Those that have no example yet, and for which none was sought in vain."""
        return [subject for subject in self.hints if subject not in self.tried]

    def take_found(self, found: Mapping[Subject, list[Recipe]]) -> None:
        """Try what was found of those that wait, one by one, and take what their runs record."""
        recorded: list[Mapping[Subject, Recipe]] = []
        for number in range(_OF_ONE):
            waiting = (s for s in self.waiting if len(found.get(s, ())) > number)
            recipes = {subject: found[subject][number] for subject in waiting}
            if recipes:
                self.verifier.adopt(recipes)
                ran = [one for one in self.verifier.tried(recipes).values() if one.outcome.ok]
                self._settle(ran)
                recorded += [one.recorded for one in ran]
        self.take(recorded)

    def take(self, recorded: Iterable[Mapping[Subject, Recipe]]) -> None:
        """Try what was recorded of those that wait, and what that in turn lets record."""
        told = list(recorded)
        while told:
            recipes: dict[Subject, Recipe] = {}
            for each in told:
                recipes |= {s: r for s, r in each.items() if s in self.hints and s not in recipes}
            recipes = {s: r for s, r in recipes.items() if s not in self.tried}
            if not recipes:
                return
            self.verifier.adopt(recipes)
            ran = [one for one in self.verifier.tried(recipes).values() if one.outcome.ok]
            self._settle(ran)
            told = [one.recorded for one in ran]

    def make(self, subjects: Iterable[Subject]) -> None:
        """Make examples for those of some that still wait, and take what their runs record."""
        wanted = {s: self.hints[s] for s in subjects if s not in self.tried}
        if not wanted:
            return
        searched = self.verifier.make(wanted, self.seconds)
        made = [subject for subject, outcome in searched.items() if outcome.ok]
        ran = self.verifier.tried(made)
        failed = [Tried(s, outcome) for s, outcome in searched.items() if not outcome.ok]
        self._settle([*ran.values(), *failed])
        self.take([one.recorded for one in ran.values() if one.outcome.ok])

    def _settle(self, done: Iterable[Tried]) -> None:
        for one in done:
            self.tried[one.subject] = one
            if self.progress is not None:
                self.progress(one.subject)


def lacks_example(outcome: Outcome, example: str) -> bool:
    """Whether a subject did not run because nothing says how to."""
    return not outcome.ok and outcome.stage == "example" and not example


def hints_for(
    facts: Mapping[str, Facts], subjects: Iterable[Subject], snippets: Iterable[Source] = ()
) -> dict[Subject, Hints]:
    """What the text tells of some subjects' arguments."""
    first = next(iter(facts.values()), None)
    project = Project({}) if first is None else first.project
    known = [s for s in subjects if s in project.classes]
    shown = tuple(snippets)
    built, settings = builds(facts, frozenset(known), shown), configs(shown)
    found = {}
    for subject in known:
        info = project.classes[subject]
        hints = hints_of(project, info)
        read = itertools.islice(configured(project, info, hints, settings), _OF_ONE)
        found[subject] = replace(
            hints, builds=(*built.get(subject, ()), *dict.fromkeys(read))[:_STARTS]
        )
    return found
