"""Take a tensor's norm along a dimension without saying which norm.

What it does
    Writes the order that `.norm(dim=1)` has by default: `.norm(2, dim=1)`.

Why TorchScript rejects it
    Its method has an order first, and no default for it where a dimension is given.

Example
    from torch import nn


    class Unit(nn.Module):
        def forward(self, x):
            return x / x.norm(dim=-1, keepdim=True)

Use instead
    from torch import nn


    class Unit(nn.Module):
        def forward(self, x):
            return x / x.norm(2, dim=-1, keepdim=True)

When it is refused
    Never at such a call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="norm-without-order",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # "fro" of a matrix and 2 are one only along dimensions
    answers=(r"aten::norm",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of a tensor's norm() with a dimension, and without an order or with "fro"."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "norm" and not call.args:
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            if "dim" in named and None not in named and _is_default(named.get("p")):
                if facts.types.is_tensor(call.func.value):
                    yield Hit(call, "TorchScript's norm() has no default order")


def fix(hit: Hit, facts: Facts) -> Change:
    """The order in front of the other arguments."""
    call = hit.node
    assert isinstance(call, ast.Call)
    rest = [keyword for keyword in call.keywords if keyword.arg != "p"]
    holes: dict[str, Hole] = {f"{keyword.arg}_": keyword.value for keyword in rest}
    named = ", ".join(f"{keyword.arg}={{{keyword.arg}_}}" for keyword in rest)
    edit = replace(call, f"{{function}}(2, {named})", function=call.func, **holes)
    return Change("say the order", (edit,))


def _is_default(order: ast.expr | None) -> bool:
    return order is None or (isinstance(order, ast.Constant) and order.value == "fro")
