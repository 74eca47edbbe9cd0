"""What the rules find in one file, and what each proposes to do about it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tracefix.facts import Facts
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.heading import heading
from tracefix.model import (
    Finding,
    Fix,
    FixId,
    Outcome,
    Place,
    Refusal,
    Remedy,
    Safety,
    Span,
    Subject,
    Target,
    TextEdit,
)
from tracefix.rewrite.change import Change, Hit
from tracefix.rewrite.shadowed import shadowed_name
from tracefix.rules import Rule
from tracefix.sources.suppressions import suppressions_of


@dataclass(frozen=True, eq=False)
class Candidate:
    """One hit of one rule in one text. Its cure is worked out only when it is asked for."""

    rule: Rule
    hit: Hit
    facts: Facts
    id: FixId

    @property
    def is_kept(self) -> bool:
        """Whether it lies in a function that a trace keeps as code."""
        return is_kept_as_code(self.hit.node, self.facts)

    @property
    def blocks(self) -> frozenset[Target]:
        blocks = self.rule.blocks if self.hit.blocks is None else self.hit.blocks
        # What a trace does not record, it cannot record wrong.
        return blocks - {Target.TRACE} if self.is_kept else blocks

    @property
    def span(self) -> Span:
        return self.facts.unit.span(self.hit.node)

    @property
    def place(self) -> Place:
        return self.facts.unit.place(self.hit.node)

    @cached_property
    def is_suppressed(self) -> bool:
        """Whether the source, or the settings, say to leave this place alone."""
        told = suppressions_of(self.facts.unit.source)
        return not told.is_silent and told.covers(self.rule.slug, self.place.line)

    @cached_property
    def cure(self) -> Change | Refusal | None:
        """What the rule proposes, before it is lowered."""
        try:
            cure = self.rule.fix(self.hit, self.facts)
        except Exception as error:  # a rule's bug must not take the file with it
            return Refusal(f"internal error in {self.rule.slug}: {error!r}")
        taken = shadowed_name(cure, self.facts.unit) if isinstance(cure, Change) else None
        return cure if taken is None else Refusal(f"{taken} is a variable here")

    @property
    def safety(self) -> Safety:
        declared = self.cure.safety if isinstance(self.cure, Change) else None
        return declared or self.rule.safety

    @cached_property
    def remedy(self) -> Remedy | None:
        """The cure as text edits."""
        if not isinstance(self.cure, Change):
            return self.cure
        from tracefix.rewrite.lower import lower  # LibCST is loaded for the first fix

        try:
            edits = lower(self.cure, self.facts.unit)
        except Exception as error:
            return Refusal(f"it cannot be rewritten here: {error}")
        if not edits:
            return Refusal("the fix would change nothing")
        return Fix(self.cure.title, edits, self.safety)

    @property
    def _remedy_so_far(self) -> Remedy | None:
        """The cure without the work of lowering it, which only fixes that are tried need."""
        if "remedy" in self.__dict__ or not isinstance(self.cure, Change):
            return self.remedy
        return Fix(self.cure.title, (), self.safety)

    @property
    def edits(self) -> tuple[TextEdit, ...]:
        return self.remedy.edits if isinstance(self.remedy, Fix) else ()

    @property
    def finding(self) -> Finding:
        """What the front ends are told. A fix that nobody asked the edits of has none yet."""
        return Finding(
            self.rule.slug,
            self.facts.unit.path,
            heading(self.hit.node, self.facts.unit),
            self.place,
            self.hit.message,
            self.blocks,
            self._remedy_so_far,
            self.id,
        )


def candidates(
    facts: Facts, rules: Iterable[Rule], done: Collection[FixId] = ()
) -> tuple[Candidate, ...]:
    """Every hit of some rules in a file: the rules in their order, each in text order.

    The ids of fixes that are done already are not given again: what is left of several places
    that say the same keeps the id that it had.
    """
    found: list[Candidate] = []
    for rule in rules:
        found.extend(_identified(rule, _hits(rule, facts), facts, done))
    return tuple(found)


def answers(
    outcome: Outcome, facts: Facts, rules: Iterable[Rule], done: Collection[FixId] = ()
) -> tuple[Candidate, ...]:
    """The hits that torch's error alone can show, from the rules that answer to it."""
    found: list[Candidate] = []
    for rule in rules:
        if rule.answer is not None and rule.answers_to(outcome.error):
            found.extend(_identified(rule, _answered(rule, outcome, facts), facts, done))
    return tuple(found)


def _hits(rule: Rule, facts: Facts) -> list[Hit]:
    try:
        return list(rule.find(facts))
    except Exception as error:
        return [_internal_error(rule, error, facts)]


def _answered(rule: Rule, outcome: Outcome, facts: Facts) -> list[Hit]:
    assert rule.answer is not None
    try:
        return list(rule.answer(outcome, facts))
    except Exception as error:
        return [_internal_error(rule, error, facts)]


def _internal_error(rule: Rule, error: Exception, facts: Facts) -> Hit:
    message = f"internal error in {rule.slug}: {error!r}"
    return Hit(facts.unit.tree.body[0], message, blocks=frozenset())


def _identified(
    rule: Rule, hits: Sequence[Hit], facts: Facts, done: Collection[FixId]
) -> Iterator[Candidate]:
    counts: Counter[FixId] = Counter()
    for hit in sorted(hits, key=lambda h: facts.unit.span(h.node)):
        anchor = _anchor(hit.node, facts)
        id_ = FixId(facts.unit.path, rule.slug, _scope(hit.node, facts), anchor)
        while replace(id_, ordinal=counts[id_]) in done:
            counts[id_] += 1
        yield Candidate(rule, hit, facts, replace(id_, ordinal=counts[id_]))
        counts[id_] += 1


def _scope(node: ast.AST, facts: Facts) -> str:
    """Where a hit lies. A function is a scope of its own, and so is a module's class: who reaches
    them is known, as it is not of other classes, such as those of autograd functions."""
    unit = facts.unit
    if isinstance(node, ast.ClassDef):
        info = facts.project.classes.get(Subject(unit.path, unit.qualname(node)))
        return unit.qualname(node) if info and facts.project.is_module(info) else unit.scope(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return unit.qualname(node)
    return unit.scope(node)


def _anchor(node: ast.AST, facts: Facts) -> str:
    """What a node says, for finding it again: of a definition its name, of a block its head,
    since other fixes may change the body."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    body = getattr(node, "body", None)
    text = facts.unit.text(node)
    if isinstance(body, list) and body:
        head = facts.unit.span(body[0]).start - facts.unit.span(node).start
        text = text[:head]
    return " ".join(text.split())
