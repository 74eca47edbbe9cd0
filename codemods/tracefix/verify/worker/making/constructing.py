"""Repairs of what the constructor is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType

from tracefix.verify.hints import Uses
from tracefix.verify.worker.making.attempts import Failure, Operation
from tracefix.verify.worker.making.candidates import Candidate, Slot
from tracefix.verify.worker.making.complaints import kinds_of, names_in
from tracefix.verify.worker.making.guesses import FALSE, NONE, TRUE, Guesses, Parameter
from tracefix.verify.worker.making.operands import Answer, Asking
from tracefix.verify.worker.making.values import Array, Fields, Several, Text, Value

_NUMBERS = (1, 2, 3, 8, 16, 32, 64)
_TOO_SMALL = re.compile(r"divisible|at least 1 at dimension|should not be zero|by zero|non-zero")
_MISSING = re.compile(r"missing \d+ required (?:positional|keyword-only) arguments?: (.*)")


@dataclass(frozen=True)
class Constructing:
    """Repairs of the constructor's arguments of one class."""

    module: ModuleType
    parameters: list[Parameter]
    asking: Asking
    hands_on: bool = False  # whether the constructor has **kwargs

    def of(self, candidate: Candidate, failed: Failure, base: float) -> Iterator[Candidate]:
        """Other values for what the failing line names, then other sizes for all.

        `base` is what any of them costs: 0 where the constructor failed.
        """
        yield from self._missing_arguments(candidate, failed)
        yield from self._missing_setting(candidate, failed)
        yield from self._constructor(candidate, failed, base)
        if base and failed.operation is not None:
            yield from self._other_sizes(candidate, failed.operation)

    def _other_sizes(self, candidate: Candidate, operation: Operation) -> Iterator[Candidate]:
        """Sizes of layers to fit what they are given, where that is no input as it is."""
        seen: set[tuple[int, int]] = set()
        for answer in self.asking.answers(operation):
            pairs = zip(answer.had, answer.wanted.shape, strict=False)
            changed = [(had, wanted) for had, wanted in pairs if had != wanted]
            if len(changed) != 1 or changed[0] in seen:
                continue
            seen.add(changed[0])
            had, wanted = changed[0]
            for slot, number in _numbers(candidate):
                fitted = [number * had // wanted, number + had - wanted]
                for new in dict.fromkeys(fitted):
                    if number > 1 and 0 < new <= 4096 and new != number:
                        yield candidate.with_slot(slot, Text(str(new)), 1.0)
                if answer.exact and number == had:  # the layers before it are to take it too
                    larger = candidate.with_slot(slot, Text(str(wanted)), 1.2)
                    yield _with_sizes(larger, answer)

    def _missing_arguments(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        """Arguments of a base class's constructor, which `**kwargs` hands on."""
        told = _MISSING.search(str(failed.error))
        names = re.findall(r"'(\w+)'", told[1]) if told is not None and self.hands_on else []
        guesses, changed = Guesses(self.module, candidate.size), candidate
        for name in names:
            changed = changed.with_slot((name,), guesses.named(name), 0.0)
        if changed.construct != candidate.construct:
            yield changed

    def _missing_setting(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        """A setting that was read and is not there."""
        error, guesses = failed.error, Guesses(self.module, candidate.size)
        name = getattr(error, "name", None) if isinstance(error, AttributeError) else None
        if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
            name = error.args[0]
        if not isinstance(name, str):
            return
        for slot, value in candidate.slots():
            if isinstance(value, Fields) and name not in dict(value.items):
                yield candidate.with_slot(slot, value.having(name, guesses.named(name)), 0.1)
            elif slot[-1] in names_in(failed, self.module) and not isinstance(value, Fields):
                made = Fields(((name, guesses.named(name)),))
                yield candidate.with_slot(slot, made, 0.5)

    def _constructor(
        self, candidate: Candidate, failed: Failure, base: float
    ) -> Iterator[Candidate]:
        """Other values for what the failing line names, then other sizes for all."""
        named = names_in(failed, self.module)
        kinds = kinds_of(failed.error)
        slots = [slot for slot, _ in candidate.slots()]
        given = {slot[0] for slot in slots}
        slots += [(p.name,) for p in self.parameters if p.name not in given]
        implicated = [slot for slot in slots if slot[-1] in named]
        if base and not implicated:
            return
        for slot in implicated or [slot for slot in slots if slot[0] in given][:6]:
            for cost, value in self._values(candidate, slot, kinds):
                if dict(candidate.slots()).get(slot) != value:
                    yield candidate.with_slot(slot, value, base + cost)
        if not base or _TOO_SMALL.search(str(failed.error)):
            for n, size in enumerate((16, 64, 32, 8)):
                if size != candidate.size:
                    yield self.scaled(candidate, size, (base and 0.3) + 1.0 + 0.5 * n)

    def _values(
        self, candidate: Candidate, slot: Slot, kinds: tuple[str, ...]
    ) -> Iterator[tuple[float, Value]]:
        guesses = Guesses(self.module, candidate.size)
        uses = next((p.uses for p in self.parameters if p.name == slot[-1]), Uses())
        likely = list(guesses.likely(slot[-1], uses))
        number = Text(str(candidate.size))
        wanted: list[Value] = []
        for kind in kinds:
            if kind == "callable":
                wanted += [*guesses.factories(slot[-1], uses), *guesses.modules()]
            elif kind == "several":
                wanted += [v for v in likely if isinstance(v, Several)]
                wanted += [Several((number,) * n) for n in (2, 4, 3, 1, 5)]
            elif kind == "mapping":
                wanted += [Fields(kind="mapping")]
            elif kind == "number":
                wanted += [number, Text("1"), Text("0.5"), Text("2")]
            elif kind == "attribute":
                wanted += [*guesses.factories(slot[-1], uses), *guesses.modules(), Fields()]
        more: list[Value] = [Text(str(n)) for n in _NUMBERS]
        more += [number, TRUE, FALSE, NONE, Several((number,) * 4), Array((candidate.size,))]
        ordered = dict.fromkeys([*wanted, *likely, *more])
        for n, value in enumerate(ordered):
            yield 0.5 + 0.15 * n, value

    def scaled(self, candidate: Candidate, size: int, cost: float) -> Candidate:
        """The same with every size another."""

        def change(value: Value) -> Value:
            if isinstance(value, Text) and value.text == str(candidate.size):
                return Text(str(size))
            if isinstance(value, Several):
                return replace(value, items=tuple(map(change, value.items)))
            if isinstance(value, Fields):
                return replace(value, items=tuple((n, change(v)) for n, v in value.items))
            if isinstance(value, Array):
                shape = tuple(size if n == candidate.size else n for n in value.shape[1:])
                return value.sized(*value.shape[:1], *shape)
            return value

        return Candidate(
            size,
            tuple((n, change(v)) for n, v in candidate.construct),
            tuple((n, change(v)) for n, v in candidate.inputs),
            candidate.cost + cost,
        )


def _numbers(candidate: Candidate) -> list[tuple[Slot, int]]:
    """The whole numbers among what the constructor is given."""
    return [
        (slot, int(value.text))
        for slot, value in candidate.slots()
        if isinstance(value, Text) and value.text.isdigit()
    ]


def _with_sizes(candidate: Candidate, answer: Answer) -> Candidate:
    """With the wanted operand as the input that the failed one was."""
    name, value = candidate.inputs[answer.input]
    if not isinstance(value, Array) or value.shape != answer.had:
        return candidate
    return candidate.with_input(name, value.sized(*answer.wanted.shape), 0.0)
