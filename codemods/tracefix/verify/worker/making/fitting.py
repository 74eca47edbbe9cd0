"""What of an input to change, so that what is made of it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tracefix.verify.worker.making.candidates import Candidate
from tracefix.verify.worker.making.operands import Answer
from tracefix.verify.worker.making.values import Array, Fields, Several, Value

Shape = tuple[int, ...]

_LONGEST = 512  # height or width
_STRIDES = (1, 2, 4, 8, 16, 32)
_SPATIAL = (16, 32, 64, 8, 128, 224, 320)
_LARGE = 64  # heights and widths for which two samples are enough


def arrays(value: Value, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Array]]:
    """The tensors in an input's value, each with its place."""
    if isinstance(value, Array):
        yield path, value
    elif isinstance(value, Several):
        for n, item in enumerate(value.items):
            yield from arrays(item, (*path, n))
    elif isinstance(value, Fields):
        for n, (_, item) in enumerate(value.items):
            yield from arrays(item, (*path, n))


def with_part(value: Value, path: tuple[int, ...], new: Value) -> Value:
    """`value` with another tensor at a place in it."""
    if not path:
        return new
    if isinstance(value, Several):
        items = list(value.items)
        items[path[0]] = with_part(items[path[0]], path[1:], new)
        return replace(value, items=tuple(items))
    assert isinstance(value, Fields)
    fields = list(value.items)
    fields[path[0]] = (fields[path[0]][0], with_part(fields[path[0]][1], path[1:], new))
    return replace(value, items=tuple(fields))


def below(array: Array, answer: Answer, size: int) -> int:
    """Below what the whole numbers of a repaired input are to be."""
    return array.high if array.kind == answer.wanted.kind else size


def resized(candidate: Candidate, change: Callable[[Shape], Shape]) -> Candidate:
    """The same with other sizes for every tensor that has more than one dimension."""
    changed = candidate
    for name, value in candidate.inputs:
        for path, array in arrays(value):
            if len(array.shape) > 1:
                value = with_part(value, path, array.sized(*change(array.shape)))
        changed = changed.with_input(name, value, 0.0)
    return changed


def reranked(candidate: Candidate) -> Iterator[Candidate]:
    """The same with all tensors at one rank: inputs that are joined have to go with each other."""
    if sum(1 for _, value in candidate.inputs for _ in arrays(value)) < 2:
        return
    for n, rank in enumerate((3, 2, 4)):
        changed = candidate
        for name, value in candidate.inputs:
            for path, array in arrays(value):
                filled = (array.shape + (candidate.size,) * rank)[:rank]
                if array.kind != "count":
                    value = with_part(value, path, array.sized(*filled))
            changed = changed.with_input(name, value, 0.0)
        if changed.inputs != candidate.inputs:
            yield replace(changed, cost=candidate.cost + 0.6 + 0.2 * n)


def varied(candidate: Candidate) -> Iterator[Callable[[Candidate], Candidate]]:
    """Changes after which sizes differ that need not be alike: the batch's, and the width's."""

    def smaller_batch(shape: Shape) -> Shape:
        return (2, *shape[1:]) if shape[0] == candidate.size else shape

    def wider(shape: Shape) -> Shape:
        return (*shape[:-1], shape[-1] + 2) if len(shape) > 3 else shape

    yield lambda found: resized(found, smaller_batch)
    yield lambda found: resized(found, wider)


def enlarged(candidate: Candidate, cost: float) -> Iterator[Candidate]:
    """The same with larger heights and widths (or lengths) of all inputs that have them."""
    for n, size in enumerate(_SPATIAL):
        larger = candidate
        for name, value in candidate.inputs:
            for path, array in arrays(value):
                batch = min(array.shape[0], 2) if array.shape and size >= _LARGE else 0
                if len(array.shape) > 2 and max(array.shape[2:]) < size:
                    shape = (*array.shape[:2], *(size,) * (len(array.shape) - 2))
                    array = array.sized(*shape)
                if batch and array.shape[0] == candidate.size:
                    array = array.sized(batch, *array.shape[1:])
                value = with_part(value, path, array)
            larger = larger.with_input(name, value, 0)
        if larger.inputs != candidate.inputs:
            yield replace(larger, cost=candidate.cost + cost + 0.2 * n)


def indirect(array: Array, answer: Answer) -> Iterator[tuple[float, Array]]:
    """What may give the wanted operand, where it was made of the input by more than one step."""
    had, wanted = answer.had, answer.wanted.shape
    if answer.kind_changed:
        yield 0.2, replace(array, kind=answer.wanted.kind)
    for change in range(1, 3) if len(wanted) != len(had) else ():
        rank = len(array.shape) + (change if len(wanted) > len(had) else -change)
        if rank > 0:
            yield 0.5, array.sized(*(array.shape[-1:] or (4,)) * rank)
    if len(array.shape) > 2 and had and wanted[:-1] == had[:-1]:
        yield from stretched(array, had[-1], wanted[-1])
    pairs = [(old, new) for old, new in zip(had, wanted, strict=False) if old != new]
    for old, new in pairs:
        for dim, size in enumerate(array.shape):
            for fitted in {new, size * new // max(old, 1), size + new - old}:
                if fitted > 0 and fitted != size:
                    shape = (*array.shape[:dim], fitted, *array.shape[dim + 1 :])
                    together = 1.0 if dim > 1 and len(array.shape) > 3 else 0.0  # see stretched
                    yield 0.3 + 0.2 * (size != old) + together, array.sized(*shape)


def stretched(array: Array, had: int, wanted: int) -> Iterator[tuple[float, Array]]:
    """Other heights and widths, where what is left of them, flattened, had another size.

    What is left may be a part of them (strides) or less by a constant (no padding).
    """
    dims, size = len(array.shape) - 2, array.shape[-1]
    ratio = (wanted / max(had, 1)) ** (1 / dims)
    fitted = [size * ratio]
    for left in range(1, size + 1):
        grown = left * (ratio - 1)
        if had % left**dims == 0 and abs(grown - round(grown)) < 1e-6:
            fitted += [size + grown * stride for stride in _STRIDES]
            fitted += [left * ratio * stride for stride in _STRIDES]
    for n, new in enumerate(dict.fromkeys(round(each) for each in fitted)):
        if 0 < new <= _LONGEST and new != size:
            yield 0.2 + 0.05 * n, array.sized(*array.shape[:2], *(new,) * dims)
