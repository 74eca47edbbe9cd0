"""Which fixes to try next: those that answer what torch says, at the place it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tracefix.facts.devices import is_kept_function
from tracefix.model import FixId, Outcome, Safety, Subject, Target
from tracefix.repair.anchors import anchor_at
from tracefix.repair.candidates import Candidate, answers
from tracefix.repair.scope import Relevance
from tracefix.repair.workspace import Step, Version
from tracefix.rules import Rule

Standing = Mapping[Target, Outcome]


@dataclass(frozen=True, eq=False)
class Proposer:
    """Looks for fixes in one version of the project."""

    rules: tuple[Rule, ...]
    relevance: Relevance
    excluded: frozenset[FixId]  # already carried out, or known to do harm
    wants_all: bool = False
    unsafe: bool = False

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
        for target, outcome in standing.items():
            if outcome.ok:
                continue
            relevant = [c for c in mine if target in c.blocks]
            if target is Target.SCRIPT:
                yield from self._against_compiler(subject, outcome, relevant, version)
                continue
            steps = [Step(c.id) for c in relevant if self.curable(c)]
            yield from steps
            if not steps and outcome.stage != "compare" and _is_in_kept_code(outcome, version):
                kept = [c for c in mine if c.is_kept and Target.SCRIPT in c.blocks]
                yield from self._against_compiler(subject, outcome, kept, version)

    def _against_compiler(
        self, subject: Subject, outcome: Outcome, relevant: list[Candidate], version: Version
    ) -> Iterator[Step]:
        """The nearest tier of fixes: at the error's place, then anywhere for the error, then any."""
        told = self._told_by(subject, outcome, version)
        if told:
            yield from told
            return
        answering = [c for c in relevant if c.rule.answers_to(outcome.error)]
        here = [c for c in answering if _at_a_place_of(outcome, c)]
        for tier in (here, answering, relevant):
            steps = [Step(c.id) for c in tier if self.curable(c)]
            if steps:
                yield from steps
                return

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


def _at_a_place_of(outcome: Outcome, candidate: Candidate) -> bool:
    """Whether torch's error names a line of the statement that the candidate lies in."""
    unit = candidate.facts.unit
    statement = unit.statement(candidate.hit.node)
    last = statement.end_lineno or statement.lineno
    return any(p.path == unit.path and statement.lineno <= p.line <= last for p in outcome.places)
