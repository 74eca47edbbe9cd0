"""Ask whether there is a GPU, and do the same either way.

What it does
    Takes `torch.cuda.is_available()` out of forward where its answer changes nothing: of two arms
    that do the same one remains, an arm that gives variables their own values goes, and
    `torch.cuda.is_available() and x.is_cuda` is `x.is_cuda`.

Why TorchScript rejects it
    It knows `x.is_cuda`, but torch.cuda.is_available() is Python that it cannot compile: "attribute
    lookup is not defined on python value of type 'module'".

Example
    import torch
    from torch import nn


    class Weighted(nn.Module):
        def forward(self, x):
            if torch.cuda.is_available():
                weight = torch.ones_like(x) / 2
            else:
                weight = torch.ones_like(x) / 2
            if torch.cuda.is_available() and x.is_cuda:
                weight = weight + 0.0
            return x * weight

Use instead
    import torch
    from torch import nn


    class Weighted(nn.Module):
        def forward(self, x):
            weight = torch.ones_like(x) / 2
            if x.is_cuda:
                weight = weight + 0.0
            return x * weight

When it is refused
    Where it stands in an `elif`. Arms that differ are passed over; those that differ in the device
    alone are left to `is-cuda-choice`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import Kind, SameAs, asks_for_cuda
from tracefix.facts.reach import is_self_attribute
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="gpu-asked-in-vain",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"'is_available' is being compiled",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The questions whose answer changes nothing."""
    for node in facts.in_forward(ast.If, ast.IfExp, ast.BoolOp):
        assert isinstance(node, ast.If | ast.IfExp | ast.BoolOp)
        if isinstance(node, ast.BoolOp):
            if isinstance(node.op, ast.And) and _needless(node, facts):
                yield Hit(node, "only where there is a GPU is a tensor on one")
        elif _only_asks_for_a_gpu(node.test, facts) and _is_the_same_either_way(node, facts):
            yield Hit(node, "it is asked whether there is a GPU, and the answer changes nothing")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """What is done in any case."""
    node = hit.node
    if isinstance(node, ast.BoolOp):
        needless = _needless(node, facts)
        asked = [value for value in node.values if value not in needless]
        holes = {f"v{n}": value for n, value in enumerate(asked)}
        made = replace(node, " and ".join(f"{{{name}}}" for name in holes), **holes)
        return Change("ask the tensor alone", (made,))
    assert isinstance(node, ast.If | ast.IfExp)
    if isinstance(node, ast.IfExp):
        return Change("take the choice out", (replace(node, "{kept}", kept=node.body),))
    holder = facts.unit.parents[node]
    if isinstance(holder, ast.If) and node in holder.orelse:
        return Refusal("it is asked in an elif")
    edit = replace(node, "{kept}", kept=node.body) if node.orelse else remove(node)
    return Change("take the choice out", (edit,))


def _needless(node: ast.BoolOp, facts: Facts) -> list[ast.expr]:
    """The operands that ask for a GPU in front of one that asks whether a tensor is on it.

    What stands between the two is asked without a GPU too then, and so must be plain.
    """
    last = max((n for n, v in enumerate(node.values) if _is_on_a_gpu(v, facts)), default=0)
    asking = [n for n in range(last) if _asks_for_a_gpu(node.values[n], facts)]
    between = node.values[asking[0] : last] if asking else []
    found = [node.values[n] for n in asking]
    return found if all(v in found or _is_plain(v, facts) for v in between) else []


def _asks_for_a_gpu(test: ast.expr, facts: Facts) -> bool:
    return asks_for_cuda(test, facts) is Kind.ACCELERATOR


def _is_on_a_gpu(test: ast.expr, facts: Facts) -> bool:
    """Whether `x.is_cuda` of a tensor holds where this does."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and _is_on_a_gpu(test.values[0], facts)
    return isinstance(asks_for_cuda(test, facts), SameAs)


def _is_plain(test: ast.expr, facts: Facts) -> bool:
    """Whether a test does nothing but look."""
    return isinstance(test, ast.Name) or is_self_attribute(test) or _is_on_a_gpu(test, facts)


def _only_asks_for_a_gpu(test: ast.expr, facts: Facts) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _only_asks_for_a_gpu(test.operand, facts)
    return _asks_for_a_gpu(test, facts)


def _is_the_same_either_way(node: ast.If | ast.IfExp, facts: Facts) -> bool:
    if isinstance(node, ast.IfExp):
        return ast.dump(node.body) == ast.dump(node.orelse)
    if node.orelse:
        return [ast.dump(s) for s in node.body] == [ast.dump(s) for s in node.orelse]
    return all(_does_nothing(statement, facts) for statement in node.body)


def _does_nothing(statement: ast.stmt, facts: Facts) -> bool:
    """`pass`, or `x = x` of a variable that surely has a value."""
    if isinstance(statement, ast.Pass):
        return True
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target, value = statement.targets[0], statement.value
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Name):
        return False
    return target.id == value.id and facts.flow_at(value).is_bound(value)
