"""Unpack into brackets, as in `[n, c] = x.shape`.

What it does
    Takes the brackets of a list on the left of an assignment away, in loops and comprehensions too:
    names behind one another are unpacked the same.

Why TorchScript rejects it
    It unpacks into tuples alone: "unexpected expression on left-hand side of assignment".

Example
    from torch import nn


    class Flat(nn.Module):
        def forward(self, x):
            [n, c] = x.shape
            return x.reshape(n * c)

Use instead
    from torch import nn


    class Flat(nn.Module):
        def forward(self, x):
            n, c = x.shape
            return x.reshape(n * c)

When it is refused
    Where the brackets are empty, hold a star, or stand inside of another target, or comments stand
    in them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="list-target",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"unexpected expression on left-hand side", r"lhs of assignment must be"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Lists that are assigned to."""
    for node in facts.in_forward(ast.List):
        assert isinstance(node, ast.List)
        if isinstance(node.ctx, ast.Store):
            yield Hit(node, f"TorchScript does not unpack into {facts.unit.text(node)}")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The same names without the brackets."""
    target = hit.node
    assert isinstance(target, ast.List)
    above = facts.unit.parents[target]
    if not isinstance(above, ast.Assign | ast.For | ast.comprehension):
        return Refusal("it is a part of another target")
    if not target.elts or not all(isinstance(e, ast.Name | ast.Attribute) for e in target.elts):
        return Refusal("it holds more than names")
    if "#" in facts.unit.text(target):
        return Refusal("comments stand in it")
    holes = {f"n{at}": name for at, name in enumerate(target.elts)}
    names = ", ".join(f"{{{name}}}" for name in holes)
    written = f"{names}," if len(holes) == 1 else names
    return Change("unpack without brackets", (replace(target, written, **holes),))
