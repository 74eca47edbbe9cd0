"""Which subjects a fix can matter to: those whose call reaches what it changes."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracefix.facts import Facts, FunctionNode
from tracefix.model import FixId, Observed, Subject

_Scopes = frozenset[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Relevance:
    """Answers for the original text of a project; its scopes keep their names through all fixes.

    `written` is a later text, for the functions that fixes have written; `ran` has what the
    subjects' examples ran, as far as that is known: a module may be handed one of any class.
    """

    facts: Mapping[str, Facts]
    written: Mapping[str, Facts] = field(default_factory=dict)
    ran: Mapping[Subject, _Scopes] = field(default_factory=dict)
    _scopes: dict[Subject, _Scopes] = field(default_factory=dict)
    _written_scopes: dict[Subject, _Scopes] = field(default_factory=dict)

    def after(self, facts: Mapping[str, Facts]) -> Relevance:
        """The same, with a later text of the project."""
        return Relevance(self.facts, facts, self.ran, self._scopes)

    def scopes(self, subject: Subject) -> _Scopes:
        """The classes and functions (path, qualified name) that a subject's call reaches."""
        if subject not in self._scopes:
            ran = self.ran.get(subject, frozenset())
            self._scopes[subject] = ran.union(_reached(subject, self.facts))
        return self._scopes[subject]

    def concerns(self, fix: FixId, subject: Subject) -> bool:
        """Whether a fix changes something that a subject's call may reach."""
        scopes = self.scopes(subject)
        parts = fix.scope.split(".")
        # A method that forward does not reach (__init__) still belongs to a class that it does.
        enclosing = {(fix.path, ".".join(parts[:end])) for end in range(len(parts), 0, -1)}
        if self._has(self.facts, fix.path, parts[0]):
            return bool(scopes & enclosing)
        if self._has(self.written, fix.path, parts[0]):
            return bool(self._reached_later(subject) & enclosing)
        # At module level everything of the file may be concerned.
        return any(path == fix.path for path, _ in scopes)

    def _reached_later(self, subject: Subject) -> _Scopes:
        if subject not in self._written_scopes:
            ran = self.ran.get(subject, frozenset())
            roots = {subject, *(Subject(path, name) for path, name in ran)}
            reached = (_reached(root, self.written) for root in roots)
            self._written_scopes[subject] = frozenset(itertools.chain.from_iterable(reached))
        return self._written_scopes[subject]

    @staticmethod
    def _has(facts: Mapping[str, Facts], path: str, name: str) -> bool:
        """Whether a file has a class or function of that name at module level."""
        unit = facts[path].unit if path in facts else None
        return unit is not None and (name in unit.functions or name in unit.classes)

    def concerned(self, fixes: Iterable[FixId], subjects: Iterable[Subject]) -> list[Subject]:
        """The subjects that at least one of some fixes concerns."""
        wanted = list(fixes)
        return [s for s in subjects if any(self.concerns(fix, s) for fix in wanted)]


def code_of(roots: Iterable[Subject], facts: Mapping[str, Facts]) -> Mapping[tuple[str, str], str]:
    """The text of each definition at module level that calls of some subjects reach, by its place,
    and of what else their files run when they are imported."""
    reached = {place for root in roots for place in _reached(root, facts)}
    paths = {path for path, _ in reached} & set(facts)
    texts = {(path, name): text for path in paths for name, text in _texts(facts[path]).items()}
    tops = {(path, name.partition(".")[0]) for path, name in reached} | {(p, "") for p in paths}
    return {place: text for place, text in texts.items() if place in tops}


def _texts(facts: Facts) -> Mapping[str, str]:
    return facts.once(_texts_by_name)


def _texts_by_name(facts: Facts) -> dict[str, str]:
    """The text of each function and class at module level; under "" the rest without the imports,
    whose order tells nothing."""
    found = {"": ""}
    for statement in facts.unit.tree.body:
        if isinstance(statement, FunctionNode | ast.ClassDef):
            found[statement.name] = facts.unit.text(statement)
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            found[""] += facts.unit.text(statement) + "\n"
    return found


def ran(observed: Observed) -> _Scopes:
    """The functions that a run has shown, and the classes that they belong to."""
    functions = {(path, name) for path, name, _ in observed.parameters} | set(observed.returns)
    owners = {(path, name.rpartition(".")[0]) for path, name in functions if "." in name}
    return frozenset(functions | owners)


def _reached(subject: Subject, facts: Mapping[str, Facts]) -> Iterable[tuple[str, str]]:
    yield subject.path, subject.qualname
    if subject.path not in facts:
        return
    reach, project = facts[subject.path].reach, facts[subject.path].project
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
    for unit, definition in reach.made_with(subject):
        yield unit.path, unit.qualname(definition)
