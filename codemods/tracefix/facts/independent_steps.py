"""How the steps of a loop over slices are computed at once, with the whole tensor in a slice's place."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.accumulated_lists import Accumulation
from tracefix.facts.slicewise import Interpreter, NotAlike, PerSlice
from tracefix.facts.tensor_slices import Slice, SlicedLoop, sliced_loop, slices
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class Batch:
    """The steps as one operation."""

    tensor: str
    slices: tuple[ast.expr, ...]  # each becomes the whole tensor ...
    moved_from: int | None  # ... with this dim moved to the front, where it cannot stay
    axis: int  # where the steps lie in the result
    contiguous: bool  # whatever the layout of the tensor is

    @property
    def whole(self) -> str:
        """What stands for a slice."""
        if self.moved_from is None:
            return self.tensor
        return f"{self.tensor}.movedim({self.moved_from}, 0)"


def slices_of(found: Accumulation, facts: Facts) -> SlicedLoop | None:
    """The tensor whose slices the steps go through, or None where they do something else."""
    steps = found.steps
    if isinstance(steps, ast.While | ast.AsyncFor):
        return None
    head = steps if isinstance(steps, ast.For) else steps.generators[0]
    loop = sliced_loop(head.target, head.iter, facts)
    if loop is None or (loop.item is None and not _slices(found, loop, facts)):
        return None
    return loop


def batch_of(found: Accumulation, loop: SlicedLoop, facts: Facts) -> Batch:
    """The steps as one operation. Raises NotAlike where a step is not about its slice alone."""
    reads = _slices(found, loop, facts)
    if any(read.dim != loop.dim for read in reads):
        raise NotAlike("the loop goes through one dim, and a step slices along another")
    body = found.steps.body if isinstance(found.steps, ast.For) else []
    before = max((read.before for read in reads), default=0)
    after = max((read.after for read in reads), default=0)
    try:
        if found.items and loop.dim != 0:
            raise NotAlike("the list is indexed by step: the steps come first")
        result = _interpreted(found, body, reads, after, loop.dim == 0, facts)
        axis = loop.dim - result.added if loop.dim < 0 else loop.dim
        moved = None
    except NotAlike:
        if loop.dim == 0:
            raise
        result = _interpreted(found, body, reads, before + after, True, facts)
        axis, moved = 0, loop.dim
    _check_what_is_bound(found, loop, facts)
    return Batch(
        loop.tensor.id, tuple(r.node for r in reads), moved, axis, contiguous=result.contiguous
    )


def _slices(found: Accumulation, loop: SlicedLoop, facts: Facts) -> list[Slice]:
    body = found.steps.body if isinstance(found.steps, ast.For) else []
    inside = [*(s for s in body if s is not found.append), found.element]
    return list(slices(loop, inside, facts))


def _interpreted(
    found: Accumulation,
    body: Sequence[ast.stmt],
    reads: Sequence[Slice],
    last: int,
    in_front: bool,
    facts: Facts,
) -> PerSlice:
    given = {read.node: PerSlice(last) for read in reads}
    stored = frozenset(name.id for name in _bound(found))
    return Interpreter(facts, given, in_front, stored).step(body, found.append, found.element)


def _bound(found: Accumulation) -> list[ast.Name]:
    return [
        node
        for node in walk(found.steps)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _check_what_is_bound(found: Accumulation, loop: SlicedLoop, facts: Facts) -> None:
    """A step's variables are its own: set once, and read by nothing behind the loop."""
    inside = set(walk(found.steps))
    names = _bound(found)
    for name in names:
        if sum(other.id == name.id for other in names) > 1 and name.id in (loop.index, loop.item):
            raise NotAlike(f"a step binds {name.id} anew")
        if name.id == loop.tensor.id:
            raise NotAlike(f"a step binds {name.id} anew")
        if any(reader not in inside for reader in facts.flow_at(name).readers(name)):
            raise NotAlike(f"{name.id} is read behind the loop, where it stands for the last step")
