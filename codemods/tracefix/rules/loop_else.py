"""Give a loop an else.

What it does
    Finds `for ... else` and `while ... else`. Where no `break` leaves the loop, the else-part
    always runs, and stands behind the loop just as well; otherwise a flag says whether the loop
    ran to its end.

Why TorchScript rejects it
    It has no else-part of loops: "else branches of for loops aren't supported", and for `while`
    a TypeError that names no place.

Example
    import torch
    from torch import nn


    class Search(nn.Module):
        def forward(self, x):
            for i in range(4):
                if x.sum() > i:
                    x = x - i
                    break
            else:
                x = x * 2
            return x

Use instead
    import torch
    from torch import nn


    class Search(nn.Module):
        def forward(self, x):
            completed = True
            for i in range(4):
                if x.sum() > i:
                    x = x - i
                    completed = False
                    break
            if completed:
                x = x * 2
            return x

When it is refused
    Never.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.jumps import jumps
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="loop-else",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"else branches of (for|while) loops",
        r"ErrorReport\(arg0: torch\._C\._jit_tree_views",
    ),
)
_Loop = ast.For | ast.While


def find(facts: Facts) -> Iterator[Hit]:
    """Loops that have an else-part."""
    for node in facts.in_forward(ast.For, ast.While):
        if isinstance(node, _Loop) and node.orelse:
            yield Hit(node, "a loop with an else-part")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The else-part behind the loop, under a flag where a break may skip it."""
    loop = hit.node
    assert isinstance(loop, _Loop)
    breaks = [jump for jump in jumps(loop.body) if isinstance(jump, ast.Break)]
    kind = "for {target} in {over}" if isinstance(loop, ast.For) else "while {test}"
    head = (
        {"target": loop.target, "over": loop.iter}
        if isinstance(loop, ast.For)
        else {"test": loop.test}
    )
    if not breaks:
        moved = f"{kind}:\n    {{body}}\n{{otherwise}}"
        edit = replace(loop, moved, **head, body=loop.body, otherwise=loop.orelse)
        return Change("move the else-part behind the loop", (edit,))
    flag = facts.fresh("completed")
    template = f"{flag} = True\n{kind}:\n    {{body}}\nif {flag}:\n    {{otherwise}}"
    edit = replace(loop, template, **head, body=loop.body, otherwise=loop.orelse)
    flags = (before(b, f"{flag} = False") for b in breaks)
    return Change("a flag in place of the loop's else", (edit, *flags))
