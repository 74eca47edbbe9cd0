"""Break out of a loop over layers.

What it does
    Finds `if ...: break` and `if ...: continue` in a loop over layers. `break` becomes the `return`
    that follows the loop, or a flag that leaves the later rounds out; behind `continue` the rest of
    the round becomes the other arm.

Why TorchScript rejects it
    It writes a loop over layers out, one round behind the other, and then has no loop to leave.

Example
    import torch
    from torch import nn


    class Early(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x, depth: int = 2):
            for n, layer in enumerate(self.layers):
                if n == depth:
                    break
                x = layer(x)
            return x

Use instead
    import torch
    from torch import nn


    class Early(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x, depth: int = 2):
            for n, layer in enumerate(self.layers):
                if n == depth:
                    return x
                x = layer(x)
            return x

When it is refused
    Where more than one statement leaves the loop, or it stands deeper than in an `if` of the loop's
    own body, and where what the loop binds is read behind it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.jumps import Jump, jumps
from tracefix.facts.layer_displays import display_in
from tracefix.facts.layer_walks import Walk, layers_in, read_behind, walks
from tracefix.facts.local_names import fresh_local
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import (
    Change,
    Edit,
    Hit,
    before,
    moved_away,
    otherwise,
    remove,
    replace,
)
from tracefix.rules import Rule

RULE = Rule(
    slug="break-in-layer-loop",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"we do not support break or continue inside the body of these loops",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Loops over layers that are left early."""
    for found in walks(facts):
        if not isinstance(found.loop, ast.For) or not any(jumps(found.loop.body)):
            continue
        sequences = [sequence for _, sequence in found.pairs]
        if any(layers_in(s, facts) or display_in(s, facts) for s in sequences):
            yield Hit(found.loop, "a loop over layers is left early", found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """No jump: a return, a flag or another arm."""
    found = hit.detail
    assert isinstance(found, Walk)
    loop = found.loop
    assert isinstance(loop, ast.For)
    leaving = list(jumps(loop.body))
    branch = facts.unit.parents[leaving[0]]
    if len(leaving) > 1:
        return Refusal("more than one statement leaves it")
    if not isinstance(branch, ast.If) or branch not in loop.body or branch.orelse:
        return Refusal("what leaves it stands deeper than in a branch of its body")
    if isinstance(leaving[0], ast.Continue):
        return _other_arm(loop, branch)
    following = _following(loop, facts)
    if isinstance(following, ast.Return):
        # `break` goes there, and nothing comes in between.
        text = "return {value}" if following.value is not None else "return"
        value = ast.unparse(following.value) if following.value is not None else ""
        return Change("return at once", (replace(leaving[0], text, value=value),))
    behind = read_behind(found, facts)
    if behind is not None:
        return Refusal(f"{behind} is read behind the loop")
    return _flagged(loop, branch, leaving[0], facts)


def _following(loop: ast.For, facts: Facts) -> ast.stmt | None:
    """The statement that runs when the loop has ended, where it stands in the same block."""
    block = facts.unit.block_of(loop)
    at = block.index(loop) + 1
    return block[at] if at < len(block) and not loop.orelse else None


def _other_arm(loop: ast.For, branch: ast.If) -> Change | Refusal:
    """The rest of the round in the other arm."""
    rest = loop.body[loop.body.index(branch) + 1 :]
    if not rest:
        return Refusal("nothing of the round is left out")
    leaving = branch.body[-1]
    moved = (moved_away(statement) for statement in rest)
    if len(branch.body) > 1:
        edits = (remove(leaving), otherwise(branch, "{rest}", rest=rest), *moved)
        return Change("do the rest in the other arm", edits)
    negated = replace(branch.test, "not {test}", test=branch.test)
    return Change(
        "do the rest under a condition", (negated, replace(leaving, "{rest}", rest=rest), *moved)
    )


def _flagged(loop: ast.For, branch: ast.If, leaving: Jump, facts: Facts) -> Change | Refusal:
    """A flag that says in later rounds that the loop was left."""
    function = facts.unit.function_of(loop)
    if function is None or loop.orelse:
        return Refusal("it has an else-part")
    flag = fresh_local("left", function, facts.unit)
    at = loop.body.index(branch)
    rest = loop.body[at + 1 :]
    edits: list[Edit] = [before(loop, f"{flag} = False"), replace(leaving, f"{flag} = True")]
    round_ = f"if not {flag}:\n    {{body}}"
    if rest:
        edits.append(otherwise(branch, "{rest}", rest=rest))
        edits += [moved_away(statement) for statement in loop.body[:-1]]
        edits.append(moved_away(rest[-1], round_, body=loop.body[: at + 1]))
    else:
        edits += [moved_away(statement) for statement in loop.body[:-1]]
        edits.append(replace(branch, round_, body=loop.body))
    return Change("a flag in place of the break", tuple(edits))
