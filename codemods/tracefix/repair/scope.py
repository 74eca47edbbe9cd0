"""Which subjects a fix can matter to: those whose call reaches what it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tracefix.facts import Facts
from tracefix.model import FixId, Subject


@dataclass(frozen=True, eq=False)
class Relevance:
    """Answers for the original text of a project; scopes keep their names through all fixes."""

    facts: dict[str, Facts]

    @cached_property
    def _scopes(self) -> dict[Subject, frozenset[tuple[str, str]]]:
        return {}

    def scopes(self, subject: Subject) -> frozenset[tuple[str, str]]:
        """The classes and functions (path, qualified name) that a subject's call reaches."""
        cached = self._scopes.get(subject)
        if cached is None:
            cached = self._scopes[subject] = frozenset(self._reached(subject))
        return cached

    def _reached(self, subject: Subject) -> Iterable[tuple[str, str]]:
        yield subject.path, subject.qualname
        if subject.path not in self.facts:
            return
        reach, project = self.facts[subject.path].reach, self.facts[subject.path].project
        info = project.classes.get(subject)
        if info is not None:
            for base in project.bases(info):
                yield base.subject.path, base.subject.qualname
        for function in reach.of(subject):
            unit = reach.unit_of(function)
            yield unit.path, unit.qualname(function)
            owner = unit.class_of(function)
            if owner is not None:
                yield unit.path, unit.qualname(owner)

    def concerns(self, fix: FixId, subject: Subject) -> bool:
        """Whether a fix changes something that a subject's call may reach."""
        scopes = self.scopes(subject)
        parts = fix.scope.split(".")
        # At module level everything of the file may be concerned, and by what a fix has written there.
        if not fix.scope or self._is_new(fix.path, parts[0]):
            return any(path == fix.path for path, _ in scopes)
        # A method that forward does not reach (__init__) still belongs to a class that it does.
        return any((fix.path, ".".join(parts[:end])) in scopes for end in range(len(parts), 0, -1))

    def _is_new(self, path: str, name: str) -> bool:
        """Whether a file's class or function of that name is none that it had from the start."""
        if path not in self.facts:
            return False
        unit = self.facts[path].unit
        return name not in unit.functions and name not in unit.classes

    def concerned(self, fixes: Iterable[FixId], subjects: Iterable[Subject]) -> list[Subject]:
        """The subjects that at least one of some fixes concerns."""
        wanted = list(fixes)
        return [s for s in subjects if any(self.concerns(fix, s) for fix in wanted)]
