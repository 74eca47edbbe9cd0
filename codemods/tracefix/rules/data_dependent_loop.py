"""Loop as often as the data says.

What it does
    Finds loops and comprehensions whose count, or whose condition, depends on a tensor's values
    or shape, on state that forward moves, or on a random draw, and says on which.

Why a trace is wrong
    Tracing runs the loop and records its steps one after the other: as many as the first input
    took, for all inputs. torch warns of some of these, not of `range(x.size(1))`.

Example
    import torch
    from torch import nn


    class Walk(nn.Module):
        def forward(self, x):
            for i in range(x.size(1)):
                x = x + i
            return x

Use instead
    import torch
    from torch import nn


    class Walk(nn.Module):
        def forward(self, x):
            for i in range(x.size(1)):
                x = x + i
            return x

When it is refused
    It is found only. Where each step stands for itself, one operation on the whole tensor does
    the same; torch.jit.script keeps the loop as it is, and so does a trace of a scripted module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Cause, Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule

RULE = Rule(
    slug="data-dependent-loop",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
)
_MOVING = (Cause.VALUES, Cause.SHAPE, Cause.STATE, Cause.RANDOM)
_SPLITTERS = frozenset({"unbind", "split", "tolist"})
_WRAPPERS = frozenset({"enumerate", "zip", "reversed", "list", "tuple"})


def find(facts: Facts) -> Iterator[Hit]:
    """Loops of forward that another input may run another number of times."""
    for node in facts.in_forward(ast.For, ast.While, ast.comprehension):
        if isinstance(node, ast.While):
            causes = facts.dependence.condition(node.test)
        else:
            assert isinstance(node, ast.For | ast.comprehension)
            causes = _causes_of_count(node.iter, facts)
        found = [cause.value for cause in _MOVING if cause in causes]
        if found:
            place = node if isinstance(node, ast.stmt) else facts.unit.parents[node]
            yield Hit(place, f"how often this loops depends on {' and '.join(found)}")


def fix(hit: Hit, facts: Facts) -> Change | Refusal | None:
    """No cure is known here."""
    return None


def _causes_of_count(over: ast.expr, facts: Facts) -> frozenset[Cause]:
    """What the number of a loop's rounds depends on; the values that it yields do not matter."""
    if facts.types.is_tensor(over):
        return frozenset({Cause.SHAPE})  # a row of it at a time
    if not isinstance(over, ast.Call):
        return frozenset()
    if facts.unit.resolve(over.func) == "range":
        return frozenset[Cause]().union(*(facts.dependence.of(a) for a in over.args))
    if facts.unit.resolve(over.func) in _WRAPPERS:
        return frozenset[Cause]().union(*(_causes_of_count(a, facts) for a in over.args))
    if isinstance(over.func, ast.Attribute) and over.func.attr in _SPLITTERS:
        return frozenset({Cause.SHAPE}) if _splits_tensor(over, facts) else frozenset()
    return frozenset()


def _splits_tensor(call: ast.Call, facts: Facts) -> bool:
    assert isinstance(call.func, ast.Attribute)
    of_torch = facts.unit.resolve(call.func) in ("torch.unbind", "torch.split")
    return of_torch or facts.types.is_tensor(call.func.value)
