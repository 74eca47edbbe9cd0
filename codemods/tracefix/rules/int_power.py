"""Use a power of ints, or a rounded number, as an int.

What it does
    Finds `2 ** n` for ints and `round(x)` for a number, and makes the result an int:
    `int(2 ** n)`.

Why TorchScript rejects it
    Both give a float there, where Python gives an int. A size, an index or range() takes no float;
    elsewhere the result differs, in a list or in what an integer tensor is multiplied with.

Example
    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def forward(self, x):
            for level in range(3):
                x = x.flatten(1)[:, : 2 ** level + round(x.size(0) * 0.5)]
            return x

Use instead
    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def forward(self, x):
            for level in range(3):
                x = x.flatten(1)[:, : int(2 ** level) + int(round(x.size(0) * 0.5))]
            return x

When it is refused
    Where the exponent is negative, for which Python gives a float as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.literals import literal_int
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="int-power",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"type 'float'", r"found float", r"float"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Powers of ints and rounded numbers that are not made ints already."""
    for node in facts.in_forward(ast.BinOp, ast.Call):
        assert isinstance(node, ast.BinOp | ast.Call)
        if _is_int_to_python(node, facts) and not _is_converted(node, facts):
            yield Hit(node, f"{ast.unparse(node)} is an int to Python and a float to TorchScript")


def fix(hit: Hit, facts: Facts) -> Change:
    """int() around it, which changes nothing in Python."""
    assert isinstance(hit.node, ast.expr)
    return Change("make it an int", (replace(hit.node, "int({value})", value=hit.node),))


def _is_int_to_python(node: ast.BinOp | ast.Call, facts: Facts) -> bool:
    if isinstance(node, ast.BinOp):
        both = (facts.types.of(node.left), facts.types.of(node.right)) == ("int", "int")
        return isinstance(node.op, ast.Pow) and both and (literal_int(node.right) or 0) >= 0
    if facts.unit.resolve(node.func) != "round" or len(node.args) != 1 or node.keywords:
        return False
    return facts.types.of(node.args[0]) in ("int", "float")


def _is_converted(node: ast.expr, facts: Facts) -> bool:
    """Whether int() or float() is what takes the value."""
    parent = facts.unit.parents[node]
    return isinstance(parent, ast.Call) and facts.unit.resolve(parent.func) in ("int", "float")
