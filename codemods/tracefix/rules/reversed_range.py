"""Count down with reversed(range(n)).

What it does
    Writes the range that counts down by itself, for `reversed(range(...))` and `range(...)[::-1]`.

Why TorchScript rejects it
    A range is no value there, only something to loop over: "range cannot be used as a value".

Example
    import torch
    from torch import nn


    class Backwards(nn.Module):
        def forward(self, x):
            for i in reversed(range(x.size(0))):
                x = x + x[i] * i
            return x

Use instead
    import torch
    from torch import nn


    class Backwards(nn.Module):
        def forward(self, x):
            for i in range(x.size(0) - 1, -1, -1):
                x = x + x[i] * i
            return x

When it is refused
    Where the range has steps of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="reversed-range",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"range cannot be used as a (value|tuple)", r"\breversed\("),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Ranges that are gone through from behind."""
    for node in facts.in_forward(ast.Call, ast.Subscript):
        counted = _reversed(node, facts)
        if counted is not None and len(counted.args) in (1, 2, 3) and not counted.keywords:
            if not any(isinstance(a, ast.Starred) for a in counted.args):
                yield Hit(node, "a range is reversed", counted)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The range from the last number down."""
    assert isinstance(hit.detail, ast.Call)
    if len(hit.detail.args) > 2:
        return Refusal("the range has steps of its own")
    *start, stop = hit.detail.args
    first, holes = _less_one(stop, "stop")
    last = "-1"
    if start:
        last, more = _less_one(start[0], "start")
        holes |= more
    return Change("count down", (replace(hit.node, f"range({first}, {last}, -1)", **holes),))


def _less_one(node: ast.expr, name: str) -> tuple[str, dict[str, Hole]]:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return str(node.value - 1), {}
    return f"{{{name}}} - 1", {name: node}


def _reversed(node: ast.AST, facts: Facts) -> ast.Call | None:
    """The range of `reversed(range(...))` or `range(...)[::-1]`."""
    inner: ast.expr | None = None
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        if facts.unit.resolve(node.func) == "reversed":
            inner = node.args[0]
    elif isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "::-1":
        inner = node.value
    if isinstance(inner, ast.Call) and facts.unit.resolve(inner.func) == "range":
        return inner
    return None
