"""The project's text under any set of fixes.

A fix is named by what it hit, not by offsets, so that any subset of the fixes can be carried out
anew: that is what minimising and bisecting need.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tracefix.facts import Facts, Unit, facts_of
from tracefix.model import FixId, Observed, Outcome, Source, TextEdit
from tracefix.repair.anchors import Anchor, relocated
from tracefix.repair.candidates import Candidate, answers, candidates
from tracefix.repair.recent import Recent
from tracefix.repair.undoing import Trail, carried, undone
from tracefix.rewrite.lower import apply
from tracefix.rules import Rule

_KEPT = 24  # of the texts between the original and the rewritten: each holds a project's facts
_ROUNDS = 50  # more than any file needs; a rule that finds its own result would never end

_Done = tuple[FixId, tuple[TextEdit, ...]]


@dataclass(frozen=True)
class Step:
    """One fix to carry out; `error` is torch's message where only that shows the place."""

    id: FixId
    error: Outcome | None = None
    at: Anchor | None = None  # the statement that `error` speaks of


@dataclass(frozen=True, eq=False)
class Version:
    """The project's text after some steps."""

    texts: Mapping[str, str]  # of every file
    analyse: Callable[[Mapping[str, str]], Mapping[str, Facts]]
    done: tuple[Candidate, ...] = ()
    trail: Trail = ()
    _candidates: dict[tuple[str, str], tuple[Candidate, ...]] = field(default_factory=dict)

    @cached_property
    def facts(self) -> Mapping[str, Facts]:
        """What is known of each file. Many versions are only run, and never asked."""
        return self.analyse(self.texts)

    @cached_property
    def ids(self) -> frozenset[FixId]:
        """Of the steps that are done."""
        return frozenset(candidate.id for candidate in self.done)

    def candidates(self, path: str, rules: Iterable[Rule]) -> Iterator[Candidate]:
        """The hits of some rules in a file. Each rule looks once: their fixes are kept too."""
        for rule in rules:
            if (path, rule.slug) not in self._candidates:
                found = candidates(self.facts[path], [rule], self.ids)
                self._candidates[path, rule.slug] = found
            yield from self._candidates[path, rule.slug]

    def changed(self, original: Version) -> dict[str, str]:
        """The files whose text differs from another version's."""
        return {p: t for p, t in self.texts.items() if t != original.texts[p]}


@dataclass(frozen=True, eq=False)
class Workspace:
    """A project's sources and the rules that may change them."""

    sources: Mapping[str, Source]
    rules: tuple[Rule, ...]
    observed: Observed = Observed()
    _rendered: dict[frozenset[Step], Version] = field(default_factory=dict)
    _hurried: set[frozenset[Step]] = field(default_factory=set)  # those that `extended` made
    _followed: Recent[tuple[Version, frozenset[_Done]], Version] = field(
        default_factory=lambda: Recent(_KEPT)
    )
    _originals: dict[str, Unit | None] = field(default_factory=dict)
    _units: Recent[tuple[str, str], Unit | None] = field(default_factory=lambda: Recent(_KEPT))

    def version(self, steps: Iterable[Step]) -> Version:
        """The project after `steps`, in the order of the text; one that finds no place is left out."""
        key = frozenset(steps)
        if key not in self._rendered:
            self._rendered[key] = self._render(key, self.original) if key else self._untouched
        return self._rendered[key]

    def extended(self, steps: Iterable[Step], new: Iterable[Step]) -> Version:
        """The project after `steps` and then some more: its version with all, until `in_order`.

        To carry out the first anew, in a text that never had them alone, takes far longer.
        """
        before = frozenset(steps)
        key = before.union(new)
        if key not in self._rendered:
            self._rendered[key] = self._render(key, self.version(before))
            self._hurried.add(key)
        return self._rendered[key]

    def in_order(self, steps: Iterable[Step]) -> bool:
        """Whether `steps` give the text that `extended` has made; from here on they are carried out
        as any other set is: what is written must not depend on the way to it."""
        key = frozenset(steps)
        hurried = self.version(key)
        for other in self._hurried:
            del self._rendered[other]
        self._hurried.clear()
        return self.version(key).texts == hurried.texts

    @property
    def original(self) -> Version:
        return self.version(())

    @cached_property
    def suppressed(self) -> tuple[Candidate, ...]:
        """What the rules find in the sources and comments say to leave alone."""
        return tuple(
            candidate
            for path in self.original.facts
            for candidate in self.original.candidates(path, self.rules)
            if candidate.is_suppressed
        )

    @property
    def _untouched(self) -> Version:
        return Version({path: s.text for path, s in self.sources.items()}, self._analyse)

    def _render(self, steps: frozenset[Step], version: Version) -> Version:
        """What is left of `steps` carried out on a version that has some."""
        waiting = {step for step in steps if step.id not in version.ids}
        for _ in range(_ROUNDS):
            batch = self._next_batch(version, waiting)
            if not batch:
                return version
            ids = {candidate.id for candidate in batch}
            waiting = {step for step in waiting if step.id not in ids}
            version = self._carried_out(version, batch)
        return version

    def _carried_out(self, version: Version, batch: Sequence[Candidate]) -> Version:
        # Most sets of steps begin alike: what they share is carried out, and looked at, once.
        key = version, frozenset((candidate.id, candidate.edits) for candidate in batch)
        return self._followed.get(key, lambda: self._followed_by(version, batch))

    def _followed_by(self, version: Version, batch: Sequence[Candidate]) -> Version:
        step = carried(((candidate.id, candidate.edits) for candidate in batch), version.texts)
        done, trail = (*version.done, *batch), (*version.trail, step)
        return Version(self._edited(version, batch), self._analyse, done, trail)

    def nearly(self, base: Iterable[Step], wanted: Collection[Step]) -> Mapping[str, str]:
        """The texts with those fixes of `base` that are wanted.

        Mostly, and in far less time, what `version` makes of them: an import may be left over. Enough to
        learn what a fix is good for, and not for what is to be written.
        """
        found = self.undone(base, wanted)
        return self.version(wanted).texts if found is None else found

    def undone(self, base: Iterable[Step], wanted: Collection[Step]) -> Mapping[str, str] | None:
        """The same, or None where the fixes that are left have to be carried out anew."""
        whole = self.version(base)
        kept = {step.id for step in wanted}
        return undone(whole.texts, whole.trail, whole.ids - kept)

    def _edited(self, version: Version, batch: Sequence[Candidate]) -> Mapping[str, str]:
        by_path: dict[str, list[TextEdit]] = {}
        for candidate in batch:
            held = by_path.setdefault(candidate.id.path, [])
            held.extend(edit for edit in candidate.edits if edit not in held)
        texts = dict(version.texts)
        for path, edits in by_path.items():
            texts[path] = apply(texts[path], edits)
        return texts

    def _next_batch(self, version: Version, waiting: set[Step]) -> list[Candidate]:
        """The waiting fixes that can be carried out on this version side by side."""
        batch: list[Candidate] = []
        for path in sorted({step.id.path for step in waiting}):
            if path not in version.facts:
                continue
            ids = {step.id for step in waiting if step.id.path == path}
            taken: list[TextEdit] = []
            for candidate in self._found(version, path, waiting, ids):
                # Two fixes may want the same import: that edit is carried out once.
                new = [edit for edit in candidate.edits if edit not in taken]
                spans = [edit.span for edit in new]
                if candidate.edits and not any(s.overlaps(t.span) for s in spans for t in taken):
                    taken.extend(new)
                    batch.append(candidate)
        return batch

    def _found(
        self, version: Version, path: str, waiting: set[Step], ids: set[FixId]
    ) -> list[Candidate]:
        facts, done = version.facts[path], version.ids
        slugs = {id_.rule for id_ in ids}
        rules = [rule for rule in self.rules if rule.slug in slugs]
        found = {c.id: c for c in version.candidates(path, rules) if c.id in ids}
        for step in waiting:
            if step.error is not None and step.id in ids and step.id not in found:
                told = relocated(step.error, step.at, facts)
                found |= {c.id: c for c in answers(told, facts, rules, done) if c.id == step.id}
        order = {rule.slug: n for n, rule in enumerate(self.rules)}
        return sorted(found.values(), key=lambda c: (order[c.id.rule], c.span))

    def _analyse(self, texts: Mapping[str, str]) -> Mapping[str, Facts]:
        units = [unit for path, text in texts.items() if (unit := self._unit(path, text))]
        return facts_of(units, self.observed)

    def _unit(self, path: str, text: str) -> Unit | None:
        """The parse of a text, kept; None where it is not Python."""
        if text == self.sources[path].text:  # what most files of a large project are left as
            if path not in self._originals:
                self._originals[path] = self._parsed(path, text)
            return self._originals[path]
        return self._units.get((path, text), lambda: self._parsed(path, text))

    def _parsed(self, path: str, text: str) -> Unit | None:
        try:
            return Unit.parse(replace(self.sources[path], text=text))
        except (SyntaxError, ValueError, RecursionError):
            return None
