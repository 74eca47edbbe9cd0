"""Guard code by a try that only raises.

What it does
    Finds `try` statements all of whose handlers do nothing but raise, and takes the guard away. Where
    they raise what they have caught, nothing changes at all. Where they raise an error of their own,
    that one would no longer be raised but the one behind it; such a guard goes with --unsafe only.

Why TorchScript rejects it
    It has no exceptions that could be caught: "try blocks aren't supported".

Example
    import torch
    from torch import nn


    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.places = nn.Embedding(8, 4)

        def forward(self, x):
            try:
                y = self.places(x)
            except IndexError:
                raise
            return y * 2

Use instead
    import torch
    from torch import nn


    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.places = nn.Embedding(8, 4)

        def forward(self, x):
            y = self.places(x)
            return y * 2

When it is refused
    Where a handler does anything else, or there is a `finally`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="guarding-try",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"try blocks aren't supported",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Every `try`."""
    for node in facts.in_forward(ast.Try):
        yield Hit(node, "TorchScript catches no exceptions")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """What is guarded, and what follows it in an else."""
    node = hit.node
    assert isinstance(node, ast.Try)
    if node.finalbody:
        return Refusal("there is a finally")
    if not all(isinstance(_only(handler), ast.Raise) for handler in node.handlers):
        return Refusal("a handler does more than raise")
    guarded = [*node.body, *node.orelse]
    edit = replace(node, "{guarded}", guarded=guarded)
    as_caught = all(map(_raises_what_it_caught, node.handlers))
    return Change("take the guard away", (edit,), safety=None if as_caught else Safety.ASK)


def _only(handler: ast.ExceptHandler) -> ast.stmt | None:
    return handler.body[0] if len(handler.body) == 1 else None


def _raises_what_it_caught(handler: ast.ExceptHandler) -> bool:
    """`raise`, or `raise error` of `except ... as error`."""
    raised = _only(handler)
    if not isinstance(raised, ast.Raise) or raised.cause is not None:
        return False
    return raised.exc is None or (
        isinstance(raised.exc, ast.Name) and raised.exc.id == handler.name
    )
