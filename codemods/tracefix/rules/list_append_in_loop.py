"""Collect a loop's results in a list and stack them.

What it does
    Finds a list that a loop appends to once a step and that is stacked afterwards, or concatenated
    along a dim that each element was given for it. The first step makes a tensor for all of them,
    with the shape and dtype of its own element, and each step writes into its place.

    Memory for the elements and for the result is then not needed at once. It is not faster: with
    64 steps of a 64-wide linear layer it takes 1.2 of the list's time forward and 2
    with backward (measured by tests/bench/list_appends.py). Where each step is about one slice
    alone, `list-of-independent-steps` is, and comes first.

    A loop without steps still raises what stacking an empty list does. So do elements of several
    shapes, unless a later one broadcasts to the shape of the first.

Why a trace is wrong
    A trace records the steps that the example took, with a list and without: this does not cure
    it. On a longer input the list gives fewer elements than there should be, and the tensor has
    the last of them unwritten. TorchScript takes both forms.

Example
    import torch
    from torch import nn


    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(8, 4)

        def forward(self, x, h):
            states = []
            for t in range(x.size(1)):
                h = self.cell(x[:, t], h)
                states.append(h)
            return torch.stack(states, dim=1)

Use instead
    from typing import Optional

    import torch
    from torch import nn


    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(8, 4)

        def forward(self, x, h):
            states: Optional[torch.Tensor] = None
            for t in range(x.size(1)):
                h = self.cell(x[:, t], h)
                if states is None:
                    states = h.new_empty(list(h.shape[:1]) + [x.size(1)] + list(h.shape[1:]))
                states[:, t] = h
            if states is None:
                raise RuntimeError("stack expects a non-empty TensorList")
            return states

When it is refused
    Where the number of steps is not known before the loop (while, break, a stepped range, a
    generator), an append depends on a condition, the list is used for something else, is indexed
    or is read by a step, elements may differ in shape (torch.cat without the unsqueeze) or the
    first is a value from outside of the loop, or an element may be changed in place later on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.accumulated_lists import Accumulation, accumulations, between
from tracefix.facts.in_place import written_to
from tracefix.facts.list_uses import Join
from tracefix.facts.step_count import StepCount, step_count
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety
from tracefix.rewrite.change import Change, Edit, Hit, before, replace
from tracefix.rules import Rule
from tracefix.rules.joined_steps import empty_error, takes_place_of

RULE = Rule(
    slug="list-append-in-loop",
    blocks=frozenset(),
    safety=Safety.PROVEN,
    after=("list-of-independent-steps",),  # batching is the better form by far
    always=True,
)


def find(facts: Facts) -> Iterator[Hit]:
    """Appends of a loop to a list that is stacked, concatenated or indexed afterwards."""
    for found in accumulations(facts):
        if found.append is not None:
            yield Hit(found.append, "a loop collects its results in a list", detail=found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A tensor for all the steps, made by the first."""
    found = hit.detail
    assert isinstance(found, Accumulation)
    if found.trouble is not None:
        return Refusal(found.trouble)
    if found.join is None or not found.join.stacks:
        return Refusal("nothing says that all elements have one shape, as torch.stack demands")
    assert isinstance(found.steps, ast.For)
    count = step_count(found.steps, facts)
    if count is None:
        return Refusal("how many steps the loop takes is not known before it")
    if _comes_from_outside(found, facts):
        return Refusal("the first element is from outside of the loop: its dtype may be another")
    changed = written_to(found.element, between(found, facts), facts)
    if changed is not None:
        text = facts.unit.text(changed).partition("\n")[0]
        return Refusal(f"an element may be changed in place: {text}")
    return Change(
        "write each step into one tensor",
        tuple(_edits(found, found.join, count, facts)),
        ("import torch", "from typing import Optional"),
    )


def _comes_from_outside(found: Accumulation, facts: Facts) -> bool:
    """Whether the first step may append what was made in front of the loop."""
    root = found.element
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    inside = set(walk(found.steps))
    return not facts.flow_at(root).reads.get(root, frozenset()) <= inside


def _edits(found: Accumulation, join: Join, count: StepCount, facts: Facts) -> Iterator[Edit]:
    assert found.name is not None
    assert found.start is not None
    assert found.append is not None
    assert isinstance(found.steps, ast.For)
    statement = facts.unit.statement(join.call)
    same_name = takes_place_of(found.name, statement, join.call)
    name = (
        found.name if _is_its_own(found, same_name, facts) else facts.fresh(f"{found.name}_joined")
    )
    yield replace(found.start, f"{name}: Optional[torch.Tensor] = None")
    once = facts.fresh("count" if count.code == "{once}" else "pieces")
    if count.once is not None:
        yield before(found.steps, f"{once} = {{value}}", value=ast.unparse(count.once))
    index = count.index or facts.fresh("index")
    yield from _head(found.steps, count, index, once)
    yield _written(found, join, name, index, count.code.format(once=once), facts)
    guard = f"if {name} is None:\n    {empty_error(join)}"
    if same_name and name == found.name:
        yield replace(statement, guard)
    else:
        yield before(statement, guard)
        yield replace(join.call, name)


def _is_its_own(found: Accumulation, same_name: bool, facts: Facts) -> bool:
    """Whether the name stands for this list alone, so that its type may become another."""
    function = facts.unit.function_of(found.steps)
    assert function is not None
    assert found.name is not None
    return len(facts.unit.binders(function, found.name)) == (2 if same_name else 1)


def _head(loop: ast.For, count: StepCount, index: str, once: str) -> Iterator[Edit]:
    """The loop over what is computed `once`, with a variable that counts its steps."""
    all_of_it = count.once is loop.iter
    if count.once is not None and not (all_of_it and count.index is None):
        yield replace(count.once, once)
    if count.index is not None:
        return
    if isinstance(loop.target, ast.Name) and loop.target.id == "_" and _is_plain_range(loop.iter):
        yield replace(loop.target, index)
        return
    target = "({target})" if isinstance(loop.target, ast.Tuple) else "{target}"
    yield replace(loop.target, f"{index}, {target}", target=loop.target)
    over = once if all_of_it else loop.iter
    yield replace(loop.iter, "enumerate({over})", over=over)


def _is_plain_range(over: ast.expr) -> bool:
    """`range(n)`: what it counts starts at 0."""
    return isinstance(over, ast.Call) and ast.unparse(over.func) == "range" and len(over.args) == 1


def _written(
    found: Accumulation, join: Join, name: str, index: str, count: str, facts: Facts
) -> Edit:
    assert found.append is not None
    assert join.dim is not None
    bare = isinstance(found.element, ast.Name)
    step = ast.unparse(found.element) if bare else facts.fresh("step")
    template = (
        f"if {name} is None:\n"
        f"    {name} = {step}.new_empty({_shape(step, join.dim, count)})\n"
        f"{name}[{_place(join.dim, index)}] = {step}"
    )
    if bare:
        return replace(found.append, template)
    return replace(found.append, f"{step} = {{element}}\n{template}", element=found.element)


def _shape(step: str, dim: int, count: str) -> str:
    """The sizes of the whole: those of a step, and the number of steps at `dim`."""
    if dim == 0:
        return f"[{count}] + list({step}.shape)"
    if dim == -1:
        return f"list({step}.shape) + [{count}]"
    cut = dim if dim > 0 else dim + 1
    return f"list({step}.shape[:{cut}]) + [{count}] + list({step}.shape[{cut}:])"


def _place(dim: int, index: str) -> str:
    """The index of one step in the whole."""
    return ":, " * dim + index if dim >= 0 else "..., " + index + ", :" * (-dim - 1)
