"""Make a tensor on the device of another.

What it does
    Finds `device=x.device`, `.to(x.device)` and `.to(x)` in what forward runs, and makes the
    tensor in a way that has no device to record: `x.new_zeros(...)`, an arange as long as an
    empty tensor of x's, a move in a small function of its own.

Why a trace is wrong
    Eager and scripted code read `x.device` when they run. A trace keeps the device that x had
    while it was recorded: recorded on the CPU, it makes the tensor there for ever.

Example
    import torch
    from torch import nn


    class Pad(nn.Module):
        def forward(self, x):
            pad = torch.zeros(x.shape[0], 1, device=x.device)
            return torch.cat([x, pad], dim=1)

Use instead
    import torch
    from torch import nn


    class Pad(nn.Module):
        def forward(self, x):
            pad = x.new_zeros(x.shape[0], 1, dtype=torch.float32)
            return torch.cat([x, pad], dim=1)

When it is refused
    Where the call has an argument that the other form lacks (`out=`, `generator=`,
    `requires_grad=True`), where an arange's bounds are not known to be ints or a linspace's
    depend on a shape, and where a comment stands among arguments that would move.
    The dtype is written out, since `x.new_zeros` would take x's: with another default dtype
    than float32 the fix is dropped by verification.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import SameAs, device_of
from tracefix.facts.factories import Factory, factories
from tracefix.facts.moves import Move, moves
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.following import follow_move, forgotten
from tracefix.rules.made_like import follow

RULE = Rule(
    slug="device-of-input",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
)


def find(facts: Facts) -> Iterator[Hit]:
    """Tensors made on, or moved to, a device that is read from another tensor."""
    for factory in factories(facts):
        device = factory.given("device")
        where = device_of(device, facts) if device is not None else None
        if isinstance(where, SameAs):
            yield Hit(factory.call, _message(where), (factory, where))
    for move in moves(facts):
        if isinstance(move.device, SameAs):
            yield Hit(move.call, _message(move.device), (move, move.device))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The same tensor, following the other wherever it is."""
    assert isinstance(hit.detail, tuple)
    made, where = hit.detail
    if isinstance(made, Factory):
        cure, said = follow(made, where.tensor, facts), made.given("device")
    elif made.like is not None:
        return _as_type(made, made.like)
    else:
        cure, said = follow_move(made, where.tensor, facts), made.said
    if isinstance(cure, Refusal):
        return cure
    return Change(cure.title, (*cure.edits, *forgotten(said, facts)), cure.imports)


def _as_type(move: Move, like: ast.expr) -> Change:
    """`.to(x)` means dtype and device of x; of the two ways to say so, a trace keeps this one."""
    made = replace(move.call, "{value}.type_as({like})", value=move.value, like=like)
    return Change("convert it with type_as()", (made,), safety=Safety.SAFE)


def _message(where: SameAs) -> str:
    return f"a trace records the device that {ast.unparse(where.tensor)} has while it is recorded"
