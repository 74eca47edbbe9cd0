"""Delete a variable in a branch or a loop: `del scores`.

What it does
    Takes out the `del` of a variable that is not read again. What it held is given up when the
    function returns, or the variable gets its next value.

Why TorchScript rejects it
    It looks for the variable among those of the whole function, and does not find what only a branch
    or a loop has defined; and what one arm deletes the other arm lacks too: "undefined value scores".

Example
    import torch
    from torch import nn


    class Attention(nn.Module):
        def forward(self, x, normalise: bool = True):
            if normalise:
                scores = torch.softmax(x, dim=-1)
                x = x * scores
                del scores
            return x

Use instead
    import torch
    from torch import nn


    class Attention(nn.Module):
        def forward(self, x, normalise: bool = True):
            if normalise:
                scores = torch.softmax(x, dim=-1)
                x = x * scores
            return x

When it is refused
    Where some path reads the variable behind its `del`, which fails in Python. A `del` that every
    path runs, and one of an element, TorchScript takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.deletions import Deletion, is_missed, nested_deletions
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="deleted-variable",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"undefined value", r"is not defined in the (true|false) branch"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Variables that are deleted where not every path comes by."""
    for deletion in nested_deletions(facts):
        listed = ", ".join(name.id for name in deletion.names)
        message = f"TorchScript does not find {listed}, which only this block defines or deletes"
        yield Hit(deletion.statement, message, deletion)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The block without the `del`, or with what else it deletes."""
    deletion = hit.detail
    assert isinstance(deletion, Deletion)
    missed = next((name.id for name in deletion.names if is_missed(name, facts)), None)
    if missed is not None:
        return Refusal(f"{missed} may be read after it was deleted")
    others: dict[str, Hole] = {f"other{n}": other for n, other in enumerate(deletion.others)}
    if not others:
        return Change("keep the variable", (remove(deletion.statement),))
    template = f"del {', '.join(f'{{{hole}}}' for hole in others)}"
    return Change("keep the variable", (replace(deletion.statement, template, **others),))
