"""Use a number on one path and a tensor on the other.

What it does
    Finds variables that one arm of a branch gives a whole number and the other a tensor, and
    conditional expressions of the two: the number becomes a tensor of no dimensions.

Why TorchScript rejects it
    A value has one type on all paths: "Type mismatch: loss is set to type Tensor in the true branch
    and type int in the false branch", "if-expression's true branch has type int but false branch has
    type Tensor".

Example
    from typing import Optional
    from torch import Tensor, nn


    class Biased(nn.Module):
        def forward(self, x, bias: Optional[Tensor] = None):
            return x + (0 if bias is None else bias)

Use instead
    from typing import Optional
    from torch import Tensor, nn
    import torch


    class Biased(nn.Module):
        def forward(self, x, bias: Optional[Tensor] = None):
            return x + (torch.tensor(0) if bias is None else bias)

When it is refused
    Where the number is read other than in a sum or product with a tensor: there it would be a tensor
    now. A whole tensor of no dimensions takes the type of any float tensor it meets, which one with a
    fraction would not (`0.5 + half` is half); so numbers with a fraction are refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.types import Type
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="number-or-tensor",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"Type mismatch: \w+ is set to type",
        r"if-expression's true branch has type",
    ),
)
_TENSORS: tuple[Type, ...] = ("Tensor", "Optional[Tensor]")  # which the test has narrowed
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult)


def find(facts: Facts) -> Iterator[Hit]:
    """The numbers that stand across from tensors."""
    for node in facts.in_forward(ast.If, ast.IfExp):
        if isinstance(node, ast.IfExp):
            for number, other in ((node.body, node.orelse), (node.orelse, node.body)):
                if _is_number(number) and facts.types.of(other) in _TENSORS:
                    yield _hit(number, [node], facts)
        elif isinstance(node, ast.If):
            yield from _across(node, facts)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The number as a tensor."""
    value = _value(hit.node)
    if value is None or value != int(value):
        return Refusal(f"{value} is no whole number, and would not take a tensor's type")
    reads = hit.detail
    assert isinstance(reads, list)
    if not reads or not all(_meets_a_tensor(read, facts) for read in reads):
        return Refusal("the number is read other than in a sum or product with a tensor")
    edit = replace(hit.node, f"torch.tensor({int(value)})")
    return Change("make it a tensor", (edit,), ("import torch",))


def _across(branch: ast.If, facts: Facts) -> Iterator[Hit]:
    """Numbers that the last assignment of one arm gives to what the other arm makes a tensor."""
    arms = (_given(branch.body), _given(branch.orelse))
    for here, there in (arms, arms[::-1]):
        for name, (target, value) in here.items():
            other = there.get(name)
            if _is_number(value) and other is not None and facts.types.is_tensor(other[1]):
                flow = facts.flow_at(branch)
                reads: list[ast.expr] = [n for n, given in flow.reads.items() if target in given]
                yield _hit(value, reads, facts)


def _hit(number: ast.expr, reads: list[ast.expr], facts: Facts) -> Hit:
    """A hit with the places where the number is read, through a variable that is given it too."""
    found: list[ast.expr] = []
    for read in reads:
        holder = facts.unit.parents[read]
        if isinstance(holder, ast.Assign) and len(holder.targets) == 1:
            target = holder.targets[0]
            flow = facts.flow_at(read)
            found += [n for n, given in flow.reads.items() if target in given]
        else:
            found.append(read)
    return Hit(
        number, f"{ast.unparse(number)} is a number where the other path has a tensor", found
    )


def _given(block: list[ast.stmt]) -> dict[str, tuple[ast.Name, ast.expr]]:
    """The last values that the statements of a block itself assign to names."""
    found: dict[str, tuple[ast.Name, ast.expr]] = {}
    for statement in block:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                found[target.id] = (target, statement.value)
    return found


def _is_number(node: ast.expr) -> bool:
    return _value(node) is not None


def _value(node: ast.AST) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        assert isinstance(node.value, int | float)
        return node.value
    return None


def _meets_a_tensor(read: ast.expr, facts: Facts) -> bool:
    """Whether a read is an operand of a sum or product with a tensor, in sums and products too."""
    parent = facts.unit.parents[read]
    if isinstance(parent, ast.AugAssign):
        return parent.value is read and facts.types.is_tensor(parent.target)
    if not isinstance(parent, ast.BinOp) or not isinstance(parent.op, _ARITHMETIC):
        return False
    other = parent.left if parent.right is read else parent.right
    if _may_be_number(other, facts):  # of `start + end + scores` the three together are a tensor
        return _meets_a_tensor(parent, facts)
    return facts.types.is_tensor(other)


def _may_be_number(node: ast.expr, facts: Facts) -> bool:
    """Whether some path gives a name a number, where the run has only shown a tensor."""
    if not isinstance(node, ast.Name):
        return False
    given = facts.flow_at(node).reads.get(node, frozenset())
    holders = (facts.unit.parents.get(definition) for definition in given)
    return any(isinstance(h, ast.Assign) and _is_number(h.value) for h in holders)
