"""Which fixes to try next: those that answer what torch says, at the place it names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracefix.facts.devices import is_kept_function
from tracefix.model import PASSED, FixId, Outcome, Safety, Subject, Target
from tracefix.repair.anchors import anchor_at
from tracefix.repair.candidates import Candidate, answers
from tracefix.repair.scope import Relevance
from tracefix.repair.standing import Standing
from tracefix.repair.workspace import Step, Version
from tracefix.rules import Rule

# What a tensor lacks is mended where it is asked for, before the arm around it is left out.
_OF_A_TENSOR = "'Tensor' object has no attribute or method"


@dataclass(frozen=True, eq=False)
class Proposer:
    """Looks for fixes in one version of the project."""

    rules: tuple[Rule, ...]
    relevance: Relevance
    excluded: frozenset[FixId]  # already carried out, or known to do harm
    wants_all: bool = False
    unsafe: bool = False
    late: tuple[Subject, ...] = ()  # what there is no time to prove

    def found(self, version: Version) -> tuple[Candidate, ...]:
        """Every static candidate of a version."""
        return tuple(
            candidate
            for path in version.facts
            for candidate in version.candidates(path, self.rules)
            if candidate.id not in self.excluded and not candidate.is_suppressed
        )

    def curable(self, candidate: Candidate) -> bool:
        """Whether a candidate has a fix that may be carried out."""
        if candidate.id in self.excluded or candidate.is_suppressed or not candidate.edits:
            return False
        if any(self.relevance.concerns(candidate.id, subject) for subject in self.late):
            return False
        return self.unsafe or candidate.safety is not Safety.ASK

    def wanted_anyway(
        self, found: Iterable[Candidate], subjects: Iterable[Subject]
    ) -> Iterator[Step]:
        """The fixes that are wanted even where nothing blocks, in what some subject reaches."""
        runnable = list(subjects)
        for candidate in found:
            if not (self.wants_all or candidate.rule.always):
                continue
            concerned = any(self.relevance.concerns(candidate.id, s) for s in runnable)
            if concerned and self.curable(candidate):
                yield Step(candidate.id)

    def against(
        self, subject: Subject, standing: Standing, found: Iterable[Candidate], version: Version
    ) -> Iterator[Step]:
        """The fixes that answer what blocks one subject."""
        mine = [c for c in found if self.relevance.concerns(c.id, subject)]
        yield from self._against_tracing(standing, mine)
        for outcome, relevant in self._not_compiled(standing, mine, version):
            direct = self._here(outcome, relevant) if _OF_A_TENSOR in outcome.error else []
            told = direct or self._told_by(subject, outcome, version)
            yield from told or self._nearest(outcome, relevant)

    def guessed(
        self, subject: Subject, standing: Standing, found: Iterable[Candidate], version: Version
    ) -> Iterator[Step]:
        """The fixes of all that may stop the compiler, where none answers what it says."""
        mine = [c for c in found if self.relevance.concerns(c.id, subject)]
        for _, relevant in self._not_compiled(standing, mine, version):
            yield from self._steps(relevant)

    def _against_tracing(self, standing: Standing, mine: list[Candidate]) -> list[Step]:
        outcome = standing.get(Target.TRACE, PASSED)
        return [] if outcome.ok else self._steps(c for c in mine if Target.TRACE in c.blocks)

    def _not_compiled(
        self, standing: Standing, mine: list[Candidate], version: Version
    ) -> Iterator[tuple[Outcome, list[Candidate]]]:
        """What the compiler refused, and what may be the cause: also code that a trace keeps."""
        stopping = [c for c in mine if Target.SCRIPT in c.blocks]
        script, trace = (standing.get(t, PASSED) for t in (Target.SCRIPT, Target.TRACE))
        if not script.ok:
            yield script, stopping
        if trace.ok or trace.stage == "compare" or self._against_tracing(standing, mine):
            return
        if _is_in_kept_code(trace, version):
            yield trace, [c for c in stopping if c.is_kept]

    def _nearest(self, outcome: Outcome, relevant: list[Candidate]) -> list[Step]:
        """The fixes that answer an error at its place, or else anywhere."""
        answering = (c for c in relevant if c.rule.answers_to(outcome.error))
        return self._here(outcome, relevant) or self._steps(answering)

    def _here(self, outcome: Outcome, relevant: list[Candidate]) -> list[Step]:
        """The fixes that answer an error at its place, and their like in the same function.

        torch would ask for those one after the other; what is not needed goes when fixes are
        minimised.
        """
        answering = [c for c in relevant if c.rule.answers_to(outcome.error)]
        here = [c for c in answering if _at_a_place_of(outcome, c)]
        kinds = {_kind(c) for c in here}
        return self._steps([*here, *(c for c in answering if c not in here and _kind(c) in kinds)])

    def _steps(self, candidates: Iterable[Candidate]) -> list[Step]:
        return [Step(c.id) for c in candidates if self.curable(c)]

    def _told_by(self, subject: Subject, outcome: Outcome, version: Version) -> list[Step]:
        """The fixes that only torch's error can show, in the files that it names.

        Where it names a layer of torch's own alone, they lie in any file that made the layer.
        """
        named = [version.facts[p.path] for p in outcome.places if p.path in version.facts]
        for facts in named or version.facts.values():
            hits = [c for c in answers(outcome, facts, self.rules, version.ids) if self.curable(c)]
            if not named:
                hits = [c for c in hits if self.relevance.concerns(c.id, subject)]
            if hits:
                at = anchor_at(outcome.places[0], facts) if named else None
                return [Step(c.id, outcome, at) for c in hits]
        return []


def _is_in_kept_code(outcome: Outcome, version: Version) -> bool:
    """Whether what failed is the compilation of a function that the trace keeps as code."""
    return any(
        function.lineno <= place.line <= (function.end_lineno or 0)
        for place in outcome.places
        if place.path in version.facts
        for function in version.facts[place.path].unit.functions.values()
        if is_kept_function(function, version.facts[place.path])
    )


def _kind(candidate: Candidate) -> tuple[str, ast.AST | None]:
    """The rule, and the function in which it has found something."""
    unit = candidate.facts.unit
    return candidate.rule.slug, unit.function_of(candidate.hit.node)


def _at_a_place_of(outcome: Outcome, candidate: Candidate) -> bool:
    """Whether torch's error names a line of the statement that the candidate lies in."""
    unit = candidate.facts.unit
    statement = unit.statement(candidate.hit.node)
    last = statement.end_lineno or statement.lineno
    return any(p.path == unit.path and statement.lineno <= p.line <= last for p in outcome.places)
