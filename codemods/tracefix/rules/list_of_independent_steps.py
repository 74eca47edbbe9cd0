"""Compute one slice after the other.

What it does
    Finds a loop, or a comprehension, over the slices of one tensor whose every step computes the
    same from its slice alone, and whose results are stacked, concatenated or indexed. The loop
    becomes one batched operation.

    With 64 steps of a 64-wide linear layer that takes 0.07 of the loop's time forward and
    0.1 with backward (measured by tests/bench/list_appends.py).

    An empty list cannot be stacked, so a tensor without slices still raises the error it did.
    (A trace does not check that: torch warns so, and records the rest for any number of slices.)

Why a trace is wrong
    A trace records as many steps as the loop took on the example: on a longer input it leaves the
    rest out, on a shorter one it fails. A batched operation is recorded once, for every length.

Example
    import torch
    from torch import nn


    class Columns(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(8, 4)

        def forward(self, x):
            columns = []
            for i in range(x.size(1)):
                columns.append(self.linear(x[:, i, :]))
            return torch.stack(columns, dim=1)

Use instead
    import torch
    from torch import nn


    class Columns(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(8, 4)

        def forward(self, x):
            columns = self.linear(x)
            if columns.size(1) == 0:
                raise RuntimeError("stack expects a non-empty TensorList")
            return columns

When it is refused
    Where a step is not known to treat each slice alike and alone: it carries a value to the next
    step, calls a layer that mixes what it is given (BatchNorm), draws random numbers (Dropout),
    writes into its input, combines the slice with a tensor of unknown rank, or calls something
    that is not known. Also where an append depends on a condition, where the list is used for
    something else, and where the element is no more than the slice itself.
    `list-append-in-loop` looks at what is refused here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.accumulated_lists import Accumulation, accumulations
from tracefix.facts.independent_steps import Batch, batch_of, slices_of
from tracefix.facts.slicewise import NotAlike
from tracefix.facts.tensor_slices import SlicedLoop
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, remove, replace
from tracefix.rules import Rule
from tracefix.rules.joined_steps import empty_error, joined, takes_place_of

RULE = Rule(
    slug="list-of-independent-steps",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
    always=True,
)


def find(facts: Facts) -> Iterator[Hit]:
    """Lists that a loop over the slices of one tensor fills."""
    for found in accumulations(facts):
        loop = slices_of(found, facts)
        if loop is not None:
            message = f"each step computes with one slice of {loop.tensor.id}"
            yield Hit(found.append or found.element, message, detail=(found, loop))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The step's own code, given the whole tensor."""
    assert isinstance(hit.detail, tuple)
    found: Accumulation = hit.detail[0]
    loop: SlicedLoop = hit.detail[1]
    if found.trouble is not None:
        return Refusal(found.trouble)
    try:
        batch = batch_of(found, loop, facts)
    except NotAlike as reason:
        return Refusal(str(reason))
    whole = tuple(replace(node, batch.whole) for node in batch.slices)
    return Change("compute all steps at once", (*whole, *_edits(found, batch, facts)))


def _edits(found: Accumulation, batch: Batch, facts: Facts) -> Iterator[Edit]:
    name = found.name or facts.fresh("steps")
    if isinstance(found.steps, ast.For):
        assert found.start is not None
        assert found.append is not None
        yield remove(found.start)
        yield replace(found.steps, "{body}", body=found.steps.body)
        yield replace(
            found.append, f"{name} = {{element}}{_kept(found, batch)}", element=found.element
        )
    elif found.start is not None:
        assert not isinstance(found.steps, ast.While | ast.AsyncFor)
        yield replace(found.steps, f"{{element}}{_kept(found, batch)}", element=found.element)
    if found.join is None:
        return
    guard = f"if {name}.size({batch.axis}) == 0:\n    {empty_error(found.join)}"
    call, statement = found.join.call, facts.unit.statement(found.join.call)
    if found.start is None:
        yield before(statement, f"{name} = {{element}}\n{guard}", element=found.element)
        yield replace(call, _result(name, found, batch))
    elif takes_place_of(name, statement, call) and _result(name, found, batch) == name:
        yield replace(statement, guard)
    else:
        yield before(statement, guard)
        yield replace(call, _result(name, found, batch))


def _kept(found: Accumulation, batch: Batch) -> str:
    """What makes the elements of an indexed list the tensors that they were."""
    return "" if found.join is not None or batch.contiguous else ".contiguous()"


def _result(name: str, found: Accumulation, batch: Batch) -> str:
    assert found.join is not None
    return joined(name, found.join, batch.axis, contiguous=batch.contiguous)
