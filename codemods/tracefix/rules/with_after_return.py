"""Return early in front of a with-statement.

What it does
    Finds an `if` that returns and has no `else`, where a `with` follows in the same block, and puts
    what follows it in the `else`.

Why TorchScript rejects it
    Its compiler takes the block apart at the early return and loses what the with-statement gives:
    "outputs_[i]->uses().empty() INTERNAL ASSERT FAILED", without a line.

Example
    import torch
    from torch import nn


    class SharedDropout(nn.Module):
        def forward(self, x):
            if not self.training:
                return x
            with torch.no_grad():
                mask = torch.rand_like(x[:1]).round() * 2
            return x * mask

Use instead
    import torch
    from torch import nn


    class SharedDropout(nn.Module):
        def forward(self, x):
            if not self.training:
                return x
            else:
                with torch.no_grad():
                    mask = torch.rand_like(x[:1]).round() * 2
                return x * mask

When it is refused
    Never. An `if` that has an `else`, or does not return in all cases, is passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.facts.bindings import blocks_of
from tracefix.facts.tree import walk
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, moved_away, otherwise
from tracefix.rules import Rule

RULE = Rule(
    slug="with-after-return",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"uses\(\)\.empty\(\) INTERNAL ASSERT FAILED",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first `if` of each block behind which TorchScript loses a with-statement."""
    for function in facts.forward_functions:
        for block in (b for statement in walk(function) for b in blocks_of(statement)):
            branch = next(_returning(block), None)
            if branch is not None:
                message = "a with-statement follows a return that is not always reached"
                yield Hit(branch, message, block[block.index(branch) + 1 :])


def fix(hit: Hit, facts: Facts) -> Change:
    """What follows, in the else. Where that has another such `if`, it is found once more."""
    assert isinstance(hit.node, ast.If)
    assert isinstance(hit.detail, list)
    moved = (moved_away(statement) for statement in hit.detail)
    edits = (otherwise(hit.node, "{rest}", rest=hit.detail), *moved)
    return Change("put what follows in the else", edits)


def _returning(block: Sequence[ast.stmt]) -> Iterator[ast.If]:
    """The statements `if ...: return ...` in front of the block's last one that has a `with`."""
    last = max((n for n, s in enumerate(block) if _has_with(s)), default=0)
    for statement in block[:last]:
        if isinstance(statement, ast.If) and not statement.orelse:
            if isinstance(statement.body[-1], ast.Return):
                yield statement


def _has_with(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.With) for node in walk(statement))
