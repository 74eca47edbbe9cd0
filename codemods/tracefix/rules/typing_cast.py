"""Tell the type checker a type with cast().

What it does
    Takes `cast(Tensor, x)` of typing away, which gives `x` back as it is.

Why TorchScript rejects it
    It knows no cast(), and a type is no value to it.

Example
    from typing import cast

    from torch import Tensor, nn


    class Double(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return cast(Tensor, x * 2)

Use instead
    from typing import cast

    from torch import Tensor, nn


    class Double(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * 2

When it is refused
    Never at such a call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="typing-cast",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"cannot be used as a value", r"\bcast\b"),
)

_NAMES = ("typing.cast", "typing_extensions.cast")


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of typing.cast with a type and a value."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) in _NAMES and len(call.args) == 2 and not call.keywords:
            yield Hit(call, "cast() means something to type checkers alone")


def fix(hit: Hit, facts: Facts) -> Change:
    """The value."""
    assert isinstance(hit.node, ast.Call)
    return Change("take cast() away", (replace(hit.node, "{value}", value=hit.node.args[1]),))
