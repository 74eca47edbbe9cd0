"""Start a sum as a number and add tensors to it.

What it does
    Finds variables that start as a whole number and become a tensor in a branch or a loop, and
    starts them as a tensor.

Why TorchScript rejects it
    It does not, and that is worse: the variable stays a number. It converts every tensor that is
    assigned to it, so that the gradient is lost, and fails when it runs where the tensor has
    several elements or, for an int, a fraction.

Example
    import torch
    from torch import nn


    class Loss(nn.Module):
        def forward(self, x):
            loss = 0
            for i in range(3):
                loss += (x - i).abs().mean()
            return loss

Use instead
    import torch
    from torch import nn


    class Loss(nn.Module):
        def forward(self, x):
            loss = torch.tensor(0)
            for i in range(3):
                loss = loss + (x - i).abs().mean()
            return loss

When it is refused
    Where a path leaves the number as it is and then reads it other than in a sum or product with
    a tensor: there it would be a tensor now. Behind a loop that surely runs it is one in any case:
    over `range(3)`, or over a size that `x.view(b, n, -1)` in front has taken. A whole tensor of no
    dimensions takes the type of any float tensor it meets, which a float one would not (`0.0 + half`
    is half); so numbers with a fraction are refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.assignments import Assigned, assigned_names
from tracefix.facts.filled_sizes import is_filled
from tracefix.facts.jumps import jumps
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="number-becomes-tensor",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"previously had type (int|float) but is now being assigned to a value of type Tensor",
    ),
)
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}


def find(facts: Facts) -> Iterator[Hit]:
    """The number that such a variable starts as."""
    for name in assigned_names(facts):
        start, *later = name.values
        if not _is_number(name.values[start]) or name.is_nested(start, facts.unit):
            continue
        tensors = [t for t in later if facts.types.is_tensor(name.values[t])]
        if tensors and len(tensors) == len(later):
            if any(name.is_nested(t, facts.unit) for t in tensors):
                message = f"{name.name} is a number first, and becomes a tensor"
                yield Hit(name.values[start], message, name)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A tensor of no dimensions, and sums that are not in place."""
    assert isinstance(hit.node, ast.Constant)
    name = hit.detail
    assert isinstance(name, Assigned)
    value = hit.node.value
    assert isinstance(value, int | float)
    if value != int(value):
        return Refusal(f"{value} is no whole number, and would not take a tensor's type")
    if not all(_takes_a_tensor(read, name, facts) for read in name.reads):
        return Refusal(f"{name.name} may be read while it is a number still")
    edits: list[Edit] = [replace(hit.node, f"torch.tensor({int(value)})")]
    for target in name.values:
        update = facts.unit.parents[target]
        if not isinstance(update, ast.AugAssign):
            continue
        sign = _SIGNS.get(type(update.op))
        if sign is None:
            return Refusal(f"{name.name} is more than summed and multiplied")
        anew = f"{name.name} = {name.name} {sign} {{value}}"
        edits.append(replace(update, anew, value=update.value))
    return Change(f"start {name.name} as a tensor", tuple(edits), ("import torch",))


def _is_number(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) in (int, float)


def _takes_a_tensor(read: ast.Name, name: Assigned, facts: Facts) -> bool:
    """Whether a read gives the same for the number and for the tensor that replaces it."""
    start = next(iter(name.values))
    if start not in facts.flow(name.function).reads[read] or _is_overwritten(name, facts):
        return True
    parent = facts.unit.parents[read]
    if not isinstance(parent, ast.BinOp) or type(parent.op) not in _SIGNS:
        return False
    return facts.types.is_tensor(parent.left if parent.right is read else parent.right)


def _is_overwritten(name: Assigned, facts: Facts) -> bool:
    """Whether a loop that surely runs makes the number a tensor, so that reads behind see none."""
    start, *later = name.values
    block = facts.unit.block_of(facts.unit.statement(start))
    for loop in block[block.index(facts.unit.statement(start)) :]:
        if not isinstance(loop, ast.For) or not _runs(loop, facts):
            continue
        if not _always_assigns(loop.body, later, facts):
            continue
        inside = set(walk(loop))
        if all(r in inside or r.lineno > loop.lineno for r in name.reads):
            return all(_is_sum(r, name, facts) for r in name.reads if r in inside)
    return False


def _always_assigns(block: list[ast.stmt], targets: list[ast.Name], facts: Facts) -> bool:
    """Whether a block gives a variable a value whichever way it takes."""
    assigned = {facts.unit.statement(target) for target in targets}
    return any(
        statement in assigned
        or (
            isinstance(statement, ast.If)
            and _always_assigns(statement.body, targets, facts)
            and _always_assigns(statement.orelse, targets, facts)
        )
        for statement in block
    )


def _is_sum(read: ast.Name, name: Assigned, facts: Facts) -> bool:
    """Whether a read is that of `name = name + tensor`."""
    parent = facts.unit.parents[read]
    return (
        isinstance(parent, ast.BinOp)
        and type(parent.op) in _SIGNS
        and facts.types.is_tensor(parent.left if parent.right is read else parent.right)
    )


def _runs(loop: ast.For, facts: Facts) -> bool:
    """Whether a loop surely runs whole rounds, one at least."""
    if any(jumps(loop.body)):
        return False
    over = loop.iter
    if isinstance(over, ast.Tuple | ast.List):
        return bool(over.elts)
    if isinstance(over, ast.Call) and facts.unit.resolve(over.func) == "range":
        if len(over.args) == 1 and isinstance(over.args[0], ast.Name):
            return is_filled(over.args[0], facts)
        counts = [a.value for a in over.args if isinstance(a, ast.Constant)]
        known = len(counts) == len(over.args) and all(type(c) is int for c in counts)
        return known and len(range(*[c for c in counts if isinstance(c, int)])) > 0
    return False
