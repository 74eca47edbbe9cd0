"""What to change in a candidate that failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from tracefix.verify.hints import Uses
from tracefix.verify.worker.making.attempts import Failure
from tracefix.verify.worker.making.candidates import Candidate, Slot
from tracefix.verify.worker.making.complaints import expected_count, kinds_of
from tracefix.verify.worker.making.guesses import FALSE, NONE, TRUE, Guesses, Parameter
from tracefix.verify.worker.making.inputs import Input, others
from tracefix.verify.worker.making.lines import names_at
from tracefix.verify.worker.making.names import input_kind
from tracefix.verify.worker.making.operands import Answer, answers
from tracefix.verify.worker.making.values import Array, Fields, Several, Text, Value

_NUMBERS = (1, 2, 3, 8, 16, 32, 64)
_LONGEST = 512  # height or width
_SPATIAL = (8, 16, 32, 64, 128, 224)


@dataclass(frozen=True)
class Repairs:
    """Repairs of one class's candidates."""

    module: ModuleType
    found: Any
    parameters: list[Parameter]
    inputs: list[Input]

    def of(self, candidate: Candidate, failed: Failure, stage: str) -> Iterator[Candidate]:
        """Other candidates that the failure speaks for; the likelier, the lower their cost."""
        yield from self._missing_setting(candidate, failed)
        if stage == "example":
            yield from self._constructor(candidate, failed, 0.0)
            return
        if failed.operation is not None:
            yield from self._operands(candidate, failed)
        yield from self._by_complaint(candidate, failed)
        yield from self._constructor(candidate, failed, 3.0)
        yield from self._anything(candidate)

    # -- the constructor

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
                for kind in (value.kind,):
                    made = replace(value.having(name, guesses.named(name)), kind=kind)
                    yield candidate.with_slot(slot, made, 0.1)
            elif slot[-1] in self._names(failed) and not isinstance(value, Fields):
                made = Fields(((name, guesses.named(name)),))
                yield candidate.with_slot(slot, made, 0.5)

    def _constructor(
        self, candidate: Candidate, failed: Failure, base: float
    ) -> Iterator[Candidate]:
        """Other values for what the failing line names, then other sizes for all."""
        named = self._names(failed)
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
        if not base or "divisible" in str(failed.error):
            for n, size in enumerate((16, 64, 32, 8)):
                if size != candidate.size:
                    yield self._resized(candidate, size, base + 1.0 + 0.5 * n)

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

    def _resized(self, candidate: Candidate, size: int, cost: float) -> Candidate:
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

    def _names(self, failed: Failure) -> set[str]:
        """What the lines that led to the failure speak of, in the file under test."""
        own = [f for f in failed.frames if f.file == getattr(self.module, "__file__", None)]
        return {name for frame in own for name in names_at(frame.file, frame.line)}

    # -- the inputs

    def _operands(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        assert failed.operation is not None
        for n, answer in enumerate(answers(failed.operation)):
            yield from self._answered(candidate, answer, 0.3 + 0.2 * n)

    def _answered(self, candidate: Candidate, answer: Answer, cost: float) -> Iterator[Candidate]:
        name, value = candidate.inputs[answer.input]
        for path, array in _arrays(value):
            if answer.exact and array.shape == answer.had:
                high = candidate.size if answer.wanted.kind == "int" else 2
                new = replace(answer.wanted, high=_high(array, answer, high))
                yield candidate.with_input(name, _with(value, path, new), cost)
                if answer.wanted.kind == "int" and array.kind != "int":
                    flags = replace(new, high=2)
                    yield candidate.with_input(name, _with(value, path, flags), cost + 0.3)
            elif not answer.exact:
                for extra, new in _indirect(array, answer):
                    yield candidate.with_input(name, _with(value, path, new), cost + extra)
        if answer.exact and isinstance(value, Several):  # all of them alike
            alike = tuple(
                answer.wanted if isinstance(i, Array) and i.shape == answer.had else i
                for i in value.items
            )
            yield candidate.with_input(name, replace(value, items=alike), cost - 0.1)

    def _by_complaint(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        """What Python's complaint says of the inputs that the failing line names."""
        named = self._names(failed)
        error, kinds = failed.error, kinds_of(failed.error)
        size, count = candidate.size, expected_count(failed.error)
        owner = getattr(error, "obj", None)
        for given in self.inputs:
            value = dict(candidate.inputs).get(given.name)
            cost = 0.5 if given.name in named else 1.5
            if value is None:
                if given.name in named:
                    yield candidate.with_input(given.name, Array((size,) * 4), 1.0)
                    yield candidate.with_input(given.name, Array((size,) * 2), 1.5)
                continue
            if count:
                yield candidate.with_input(given.name, Array((size,) * count), cost)
                yield candidate.with_input(
                    given.name, Several((Array((size,) * 4),) * count), cost + 0.5
                )
                yield candidate.with_input(given.name, Array((count, *(size,) * 3)), cost + 0.7)
            if "truth" in kinds:
                for text in ("True", "False", "None"):
                    yield candidate.with_input(given.name, Text(text), cost + 0.5)
            if "number" in kinds:
                for text in ("2", "1", "0.5", str(size)):
                    yield candidate.with_input(given.name, Text(text), cost + 0.5)
            if "attribute" in kinds and _is_of_input(owner, candidate, given):
                made = Fields(((str(getattr(error, "name", "")), Array((size,) * 4)),))
                yield candidate.with_input(given.name, made, cost)
                yield candidate.with_input(given.name, Several((Array((size,) * 4),) * 2), cost)
            if "attribute" in kinds and isinstance(value, Fields):
                name = str(getattr(error, "name", ""))
                if name not in dict(value.items):
                    made = value.having(name, Array((size,) * 4))
                    yield candidate.with_input(given.name, made, 0.3)
            if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
                inside = value if isinstance(value, Fields) else Fields(kind="mapping")
                kind = "int" if input_kind(error.args[0]) == "indices" else "real"
                made = inside.having(
                    error.args[0], Array((size,) * (2 if kind == "int" else 4), kind)
                )
                yield candidate.with_input(given.name, replace(made, kind="mapping"), 0.3)
            if "tuple index out of range" in str(error) and isinstance(value, Array):
                yield candidate.with_input(
                    given.name, Array((size,) * (len(value.shape) + 1)), cost
                )
            if "callable" in kinds:
                yield candidate.with_input(given.name, Text("torch.nn.ReLU()"), cost + 0.5)

    def _anything(self, candidate: Candidate) -> Iterator[Candidate]:
        """Other values of each input, then larger ones, where nothing better is known."""
        for given in self.inputs:
            value = dict(candidate.inputs).get(given.name)
            if value is None:
                continue
            for cost, other in others(value, given, candidate.size):
                yield candidate.with_input(given.name, other, cost)
        for n, size in enumerate(_SPATIAL):
            larger = candidate
            for name, value in candidate.inputs:
                for path, array in _arrays(value):
                    if len(array.shape) > 2:
                        shape = (*array.shape[:2], *(size,) * (len(array.shape) - 2))
                        value = _with(value, path, array.sized(*shape))
                larger = larger.with_input(name, value, 0)
            yield replace(larger, cost=candidate.cost + 1.5 + 0.5 * n)


def _is_of_input(owner: object, candidate: Candidate, given: Input) -> bool:
    place = getattr(owner, "_tracefix_origin", None)
    names = [name for name, _ in candidate.inputs]
    return place is not None and names[place[0]] == given.name


def _arrays(value: Value, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Array]]:
    """The tensors in an input's value, each with its place."""
    if isinstance(value, Array):
        yield path, value
    elif isinstance(value, Several):
        for n, item in enumerate(value.items):
            yield from _arrays(item, (*path, n))
    elif isinstance(value, Fields):
        for n, (_, item) in enumerate(value.items):
            yield from _arrays(item, (*path, n))


def _with(value: Value, path: tuple[int, ...], new: Value) -> Value:
    if not path:
        return new
    if isinstance(value, Several):
        items = list(value.items)
        items[path[0]] = _with(items[path[0]], path[1:], new)
        return replace(value, items=tuple(items))
    assert isinstance(value, Fields)
    fields = list(value.items)
    fields[path[0]] = (fields[path[0]][0], _with(fields[path[0]][1], path[1:], new))
    return replace(value, items=tuple(fields))


def _high(array: Array, answer: Answer, size: int) -> int:
    return array.high if array.kind == answer.wanted.kind else size


def _indirect(array: Array, answer: Answer) -> Iterator[tuple[float, Array]]:
    """What may give the wanted operand, where it was made of the input by more than one step."""
    had, wanted = answer.had, answer.wanted.shape
    if answer.kind_changed:
        yield 0.2, replace(array, kind=answer.wanted.kind)
    for change in range(1, 3) if len(wanted) != len(had) else ():
        rank = len(array.shape) + (change if len(wanted) > len(had) else -change)
        if rank > 0:
            yield 0.5, array.sized(*(array.shape[-1:] or (4,)) * rank)
    if len(array.shape) > 2 and had and wanted[:-1] == had[:-1]:
        yield from _stretched(array, had[-1], wanted[-1])
    pairs = [(old, new) for old, new in zip(had, wanted, strict=False) if old != new]
    for old, new in pairs:
        for dim, size in enumerate(array.shape):
            for fitted in {new, size * new // max(old, 1), size + new - old}:
                if fitted > 0 and fitted != size:
                    shape = (*array.shape[:dim], fitted, *array.shape[dim + 1 :])
                    yield 0.3 + 0.2 * (size != old), array.sized(*shape)


def _stretched(array: Array, had: int, wanted: int) -> Iterator[tuple[float, Array]]:
    """Other heights and widths, where what is left of them, flattened, had another size.

    What is left may be a part of them (strides) or less by a constant (no padding).
    """
    dims, size = len(array.shape) - 2, array.shape[-1]
    ratio = (wanted / max(had, 1)) ** (1 / dims)
    fitted = [size * ratio]
    for left in range(1, size + 1):
        grown = left * (ratio - 1)
        if had % left**dims == 0 and abs(grown - round(grown)) < 1e-6:
            fitted += [size + grown * stride for stride in (1, 2, 4, 8, 16, 32)]
    for n, new in enumerate(dict.fromkeys(round(each) for each in fitted)):
        if 0 < new <= _LONGEST and new != size:
            yield 0.2 + 0.05 * n, array.sized(*array.shape[:2], *(new,) * dims)
