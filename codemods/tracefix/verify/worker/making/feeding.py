"""Repairs of what forward is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType

from tracefix.verify.worker.making.attempts import Failure, Operation, origin, tensors_in
from tracefix.verify.worker.making.candidates import Candidate
from tracefix.verify.worker.making.complaints import (
    expected_count,
    is_too_small,
    kinds_of,
    names_in,
    reshaping,
)
from tracefix.verify.worker.making.demands import demands
from tracefix.verify.worker.making.fitting import (
    arrays,
    below,
    enlarged,
    indirect,
    reranked,
    resized,
    stretched,
    with_part,
)
from tracefix.verify.worker.making.inputs import Input, others
from tracefix.verify.worker.making.names import input_kind
from tracefix.verify.worker.making.operands import Answer, Asking
from tracefix.verify.worker.making.values import Array, Fields, Several, Text
from tracefix.verify.worker.patience import TooLong


@dataclass(frozen=True)
class Feeding:
    """Repairs of the inputs of one class."""

    module: ModuleType
    inputs: list[Input]
    asking: Asking

    def of(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        """Other inputs, by the operation that failed, by the complaint, or any."""
        if isinstance(failed.error, TooLong):
            changed = resized(candidate, lambda shape: (1, *shape[1:]))
            if changed.inputs != candidate.inputs:
                yield replace(changed, cost=candidate.cost + 0.1)
            return
        if is_too_small(failed.error):
            yield from enlarged(candidate, 0.1)
        if failed.operation is not None:
            yield from self._demanded(candidate, failed.operation)
            yield from self._operands(candidate, failed)
        yield from self._reshaped(candidate, failed)
        yield from reranked(candidate)
        yield from self._by_complaint(candidate, failed)
        yield from self._anything(candidate)

    def _operands(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        assert failed.operation is not None
        for n, answer in enumerate(self.asking.answers(failed.operation)):
            yield from self._answered(candidate, answer, failed, 0.3 + 0.2 * n)

    def _demanded(self, candidate: Candidate, operation: Operation) -> Iterator[Candidate]:
        """With all that a layer of torch asks of its inputs together."""
        changed = candidate
        for asked, wanted in demands(operation.function, candidate.size).items():
            for tensor in tensors_in(operation.kwargs.get(asked)):
                number, exact = origin(tensor) or (0, False)
                name, value = changed.inputs[number]
                for path, array in arrays(value) if exact else ():
                    if array.shape == tuple(tensor.shape):
                        changed = changed.with_input(name, with_part(value, path, wanted), 0.0)
                        value = dict(changed.inputs)[name]
        if changed.inputs != candidate.inputs:
            yield replace(changed, cost=candidate.cost + 0.1)

    def _alike(self, candidate: Candidate, answer: Answer, cost: float) -> Candidate:
        """With all inputs of the sizes that failed changed together."""
        changed = candidate
        for name, value in candidate.inputs:
            for path, array in arrays(value):
                if array.shape == answer.had:
                    new = replace(answer.wanted, high=below(array, answer, candidate.size))
                    value = with_part(value, path, new)
            changed = changed.with_input(name, value, 0.0)
        return replace(changed, cost=candidate.cost + cost)

    def _answered(
        self, candidate: Candidate, answer: Answer, failed: Failure, cost: float
    ) -> Iterator[Candidate]:
        if answer.alike:
            yield self._alike(candidate, answer, cost)
            return
        name, value = candidate.inputs[answer.input]
        for path, array in arrays(value):
            if answer.exact and array.shape == answer.had:
                high = candidate.size if answer.wanted.kind == "int" else 2
                new = replace(answer.wanted, high=below(array, answer, high))
                yield candidate.with_input(name, with_part(value, path, new), cost)
                if answer.wanted.kind == "int" and array.kind != "int":
                    flags = replace(new, high=2)
                    yield candidate.with_input(name, with_part(value, path, flags), cost + 0.3)
            elif not answer.exact and not is_too_small(failed.error):
                for extra, new in indirect(array, answer):
                    yield candidate.with_input(name, with_part(value, path, new), cost + extra)
        if answer.exact and isinstance(value, Several):  # all of them alike
            alike = tuple(
                answer.wanted if isinstance(i, Array) and i.shape == answer.had else i
                for i in value.items
            )
            yield candidate.with_input(name, replace(value, items=alike), cost - 0.1)

    def _reshaped(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        """Other heights and widths where what is left of them cannot be given a fixed shape."""
        had, wanted = reshaping(failed.error)
        for name, value in candidate.inputs if wanted else ():
            for path, array in arrays(value):
                if len(array.shape) > 2:
                    batch = array.shape[0]
                    asked = wanted if wanted % batch == 0 and wanted > batch else wanted * batch
                    for cost, new in stretched(array, had // batch, asked // batch):
                        yield candidate.with_input(name, with_part(value, path, new), cost)

    def _by_complaint(self, candidate: Candidate, failed: Failure) -> Iterator[Candidate]:
        """What Python's complaint says of the inputs that the failing line names."""
        named = names_in(failed, self.module)
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
        yield from enlarged(candidate, 1.5)


def _is_of_input(owner: object, candidate: Candidate, given: Input) -> bool:
    place = getattr(owner, "_tracefix_origin", None)
    names = [name for name, _ in candidate.inputs]
    return place is not None and names[place[0]] == given.name
