"""Move a tensor to the GPU in forward.

What it does
    Finds `.cuda()`, `.to("cuda")`, `.to(self.device)` and `.type(torch.cuda.FloatTensor)` in
    what forward runs. A tensor that forward makes follows the one that it meets; one that comes
    from outside goes where the module's parameters are, and where there are none it stays.

Why TorchScript rejects it
    It does not: what was captured asks for a GPU by name, so it fails without one, and mixes
    devices on a second one.

Example
    import torch
    from torch import nn


    class Shift(nn.Module):
        def forward(self, x):
            start = torch.zeros(x.shape[0], 1).cuda()
            return torch.cat([start, x[:, :-1]], dim=1)

Use instead
    import torch
    from torch import nn


    class Shift(nn.Module):
        def forward(self, x):
            start = x.new_zeros(x.shape[0], 1, dtype=torch.float32)
            return torch.cat([start, x[:, :-1]], dim=1)

When it is refused
    Where no tensor is at hand to be followed. Moving a module is no business of this rule, nor is
    `model.cuda()` in the part of a file that is run as a script. A draw such as
    `torch.rand(4).cuda()` is moved, not made elsewhere: the numbers stay those of the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import SameAs
from tracefix.facts.meeting import meets_or_belongs
from tracefix.facts.moves import Move, moves
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, remove
from tracefix.rules import Rule
from tracefix.rules.following import follow_move, forgotten, leave, made_in_place

RULE = Rule(
    slug="cuda-call",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    after=("is-cuda-choice",),  # `if x.is_cuda: h = h.cuda()` says more than the call alone
)


def find(facts: Facts) -> Iterator[Hit]:
    """Moves to a device by name, or to the one that the module was made for."""
    for move in moves(facts):
        if not isinstance(move.device, SameAs):
            yield Hit(move.call, "moved to a GPU by name, wherever the data are", move)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor where the one is that it meets, or where the module is."""
    assert isinstance(hit.detail, Move)
    goal = meets_or_belongs(hit.detail, facts)
    if isinstance(goal, Refusal):
        return goal
    move = hit.detail
    made = made_in_place(move, goal, facts) if goal is not None else None
    if made is not None:
        moved = facts.unit.statement(move.call)
        return Change(made.title, (*made.edits, remove(moved)), made.imports)
    cure = leave(move, facts) if goal is None else follow_move(move, goal, facts)
    if isinstance(cure, Refusal):
        return cure
    leftover = forgotten(hit.detail.said, facts)
    return Change(cure.title, (*cure.edits, *leftover), cure.imports)
