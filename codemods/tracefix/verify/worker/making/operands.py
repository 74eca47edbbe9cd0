"""Asks a failed operation itself: with which other tensors does it run?"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from tracefix.verify.worker.making.attempts import Operation, origin, tensors_in
from tracefix.verify.worker.making.values import Array

_TRIES, _SECONDS = 400, 0.15  # for one operation
_FIRST, _BRIEFLY = 4, 0.05  # those that get so long, and the seconds for each after them
_LARGEST = 1 << 17  # elements of an operand that is tried
_ENOUGH = 4  # answers for one operand
_RANKS = (4, 3, 2, 1, 5)
_LARGER = (8, 16, 32, 64, 128, 224)


@dataclass(frozen=True)
class Answer:
    """An operand with which the operation runs in the place of the one that it had.

    With `alike` it stands in the place of all operands that had those sizes.
    """

    input: int  # the number of the input that the operand is made of
    exact: bool  # it has that input's sizes
    had: tuple[int, ...]
    wanted: Array
    kind_changed: bool
    alike: bool = False


@dataclass
class Asking:
    """Asks failed operations, each of its kind once: the same one fails in many tries."""

    _known: dict[object, list[Answer]] = field(default_factory=dict)

    def answers(self, operation: Operation) -> list[Answer]:
        """For each operand that is of an input, a few with which the operation runs."""
        key = _key(operation)
        if key not in self._known:
            seconds = _SECONDS if len(self._known) < _FIRST else _BRIEFLY
            end = time.process_time() + seconds
            self._known[key] = [*_answers(operation, end), *_answers_for_all(operation, end)]
        return self._known[key]


def _key(operation: Operation) -> object:
    """What decides how an operation answers."""
    values = [*operation.args, *operation.kwargs.values()]
    function = operation.function
    own: list[Any] = []
    if isinstance(function, torch.nn.Module):
        own = [tuple(p.shape) for p in function.parameters(recurse=False)]
    tensors = [(tuple(t.shape), t.dtype, origin(t)) for t in tensors_in(values)]
    plain = [value for value in values if isinstance(value, (int, float, str, tuple))]
    named = str(plain) if not tensors_in(plain) else ""
    name = getattr(function, "__name__", type(function).__name__)
    return name, str(own), str(tensors), named


def _answers(operation: Operation, end: float) -> Iterator[Answer]:
    for tensor in _traced(operation):
        number, exact = origin(tensor) or (0, False)
        had, found = array_like(tensor), 0
        for wanted in itertools.islice(_alternatives(had, _sizes(operation)), _TRIES):
            if time.process_time() > end:
                return
            if wanted.is_bounded and _runs(operation, [tensor], wanted):
                changed = wanted.kind != had.kind
                yield Answer(number, exact, tuple(tensor.shape), wanted, changed)
                found += 1
                if found == (_ENOUGH if exact else _ENOUGH // 2):
                    break


def _answers_for_all(operation: Operation, end: float) -> Iterator[Answer]:
    """What all operands that are inputs of the same sizes may be together."""
    same: dict[Array, list[torch.Tensor]] = {}
    for tensor in _traced(operation):
        if (origin(tensor) or (0, False))[1]:
            same.setdefault(array_like(tensor), []).append(tensor)
    for had, tensors in same.items():
        if len(tensors) < 2:
            continue
        runs = (
            wanted
            for wanted in itertools.islice(_alternatives(had, _sizes(operation)), _TRIES)
            if time.process_time() < end and wanted.is_bounded and _runs(operation, tensors, wanted)
        )
        for wanted in itertools.islice(runs, _ENOUGH):
            number, _ = origin(tensors[0]) or (0, True)
            yield Answer(number, True, had.shape, wanted, wanted.kind != had.kind, alike=True)


def _traced(operation: Operation) -> list[torch.Tensor]:
    found: dict[int, torch.Tensor] = {}
    for tensor in tensors_in([list(operation.args), list(operation.kwargs.values())]):
        if origin(tensor) is not None:
            found.setdefault(id(tensor), tensor)
    return list(found.values())


def array_like(tensor: torch.Tensor) -> Array:
    """A tensor's sizes and kind."""
    kind = "real" if tensor.is_floating_point() else "bool" if tensor.dtype is torch.bool else "int"
    return Array(tuple(tensor.shape), kind)


def _sizes(operation: Operation) -> list[int]:
    """The sizes that an operation has about it: of its other tensors and, for a layer, its own."""
    found: dict[int, None] = {}
    values = [list(operation.args), list(operation.kwargs.values())]
    if isinstance(operation.function, torch.nn.Module):
        own = vars(operation.function)
        for value in own.values():
            listed = value if isinstance(value, (tuple, list)) else (value,)
            found |= {n: None for n in listed if type(n) is int and n > 0}
        values.append(list(operation.function.parameters(recurse=False)))
    for tensor in tensors_in(values):
        found |= dict.fromkeys(tensor.shape)
    for value in [*operation.args, *operation.kwargs.values()]:  # sizes that it was asked for
        listed = value if isinstance(value, (tuple, list)) else (value,)
        for number in (n for n in listed if type(n) is int and n > 0):
            found |= dict.fromkeys((number, math.isqrt(number), math.isqrt(number // 3)))
    for value in tuple(found):
        found.setdefault(value * 2)
    return [n for n in found if 0 < n <= 1 << 16]


def _alternatives(had: Array, sizes: list[int]) -> Iterator[Array]:
    """Other operands, the nearest first: one size, the kind, the rank, then several at once."""
    kinds = [kind for kind in ("real", "int", "bool") if kind != had.kind]
    yield from _with_sizes(had, sizes)
    for kind in kinds:
        other = Array(had.shape, kind, 2)
        yield other
        yield from _with_sizes(other, sizes)
    for rank in _RANKS:
        for shape in _at_rank(had.shape, rank):
            ranked = Array(shape, had.kind)
            yield ranked
            yield from _with_sizes(ranked, sizes)
            for kind in kinds:
                yield Array(shape, kind, 2)
    for larger in _LARGER:
        if len(had.shape) > 2:
            yield had.sized(*had.shape[:2], *(max(larger, n) for n in had.shape[2:]))
    for one, two in itertools.combinations(range(len(had.shape)), 2):
        for first, second in itertools.product(sizes[:6], repeat=2):
            changed = list(had.shape)
            changed[one], changed[two] = first, second
            yield had.sized(*changed)


def _with_sizes(had: Array, sizes: list[int]) -> Iterator[Array]:
    for size in sizes:
        for dim in (1, *range(len(had.shape) - 1, -1, -1)):
            if dim < len(had.shape) and had.shape[dim] != size:
                yield had.sized(*had.shape[:dim], size, *had.shape[dim + 1 :])


def _at_rank(shape: tuple[int, ...], rank: int) -> list[tuple[int, ...]]:
    """The same sizes at another rank: cut at either end, or filled up."""
    if rank == len(shape):
        return []
    if rank < len(shape):
        return list(dict.fromkeys((shape[:rank], shape[len(shape) - rank :])))
    fill = (shape[-1] if shape else 4,) * (rank - len(shape))
    return list(dict.fromkeys((shape + fill, fill + shape)))


def _runs(operation: Operation, olds: list[torch.Tensor], wanted: Array) -> bool:
    if math.prod(wanted.shape) > _LARGEST:
        return False
    try:
        news = {id(old): _made(wanted, old) for old in olds}
        args = [_replaced(value, news) for value in operation.args]
        kwargs = {name: _replaced(value, news) for name, value in operation.kwargs.items()}
        operation.function(*args, **kwargs)
    except Exception:
        return False
    return True


def _made(wanted: Array, old: torch.Tensor) -> torch.Tensor:
    if wanted.kind == "real":
        dtype = old.dtype if old.is_floating_point() else torch.float32
        return torch.rand(wanted.shape).to(dtype)
    if wanted.kind == "int":
        return torch.randint(wanted.high, wanted.shape)
    return torch.rand(wanted.shape) > 0.5


def _replaced(value: Any, news: dict[int, torch.Tensor], depth: int = 0) -> Any:
    if id(value) in news:
        return news[id(value)]
    if isinstance(value, (list, tuple)) and depth < 3 and type(value) in (list, tuple):
        return type(value)(_replaced(item, news, depth + 1) for item in value)
    return value
