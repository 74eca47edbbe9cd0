"""Branch on a flag that a method beside forward switches.

What it does
    Finds branches on a bool of self that __init__ sets and that other code sets too, but nothing that
    forward reaches: a `fuse()`, or the callback of a wrapper. Where an arm is what TorchScript
    cannot compile, the flag is listed in `__constants__`.
    In eager mode nothing changes. A module that is compiled once the flag is set takes the other
    arm; on a compiled module the flag cannot be set: torch raises, it does not go on as it was.

Why TorchScript rejects it
    It compiles both arms of a branch, also the one that this instance does not take. It leaves an
    arm out only if the test is a constant.

Example
    import torch
    from torch import nn


    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.both = False
            self.linear = nn.Linear(4, 2)

        def give_both(self):
            self.both = True

        def forward(self, x):
            y = self.linear(x)
            if self.both:
                return x, y
            return y

Use instead
    import torch
    from torch import nn


    class Head(nn.Module):
        __constants__ = ["both"]

        def __init__(self):
            super().__init__()
            self.both = False
            self.linear = nn.Linear(4, 2)

        def give_both(self):
            self.both = True

        def forward(self, x):
            y = self.linear(x)
            if self.both:
                return x, y
            return y

When it is refused
    Where `__constants__` is no plain list. Flags that forward itself sets are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.fixed_conditions import Condition, decides, is_around, switched_flags
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule
from tracefix.rules.final_attribute import is_final, listed

RULE = Rule(
    slug="switched-flag",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    # Whatever torch says of an arm: it need not be compiled where it is not taken.
    answers=(r".",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Flags that decide what is there, or what is returned."""
    yield from _hits(c for c in _open_flags(facts) if decides(c, facts))


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """Flags around the place where torch stopped."""
    lines = [place.line for place in outcome.places if place.path == facts.unit.path]
    yield from _hits(c for c in _open_flags(facts) if any(is_around(c, n, facts) for n in lines))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The flag in `__constants__`."""
    condition = hit.detail
    assert isinstance(condition, Condition)
    name = condition.attributes[0]
    edits = listed([name], condition.owner, facts)
    if isinstance(edits, Refusal):
        return edits
    return Change(f"list {name} in __constants__", tuple(edits))


def _open_flags(facts: Facts) -> Iterator[Condition]:
    for condition in switched_flags(facts):
        if not is_final(condition.attributes[0], condition.owner):
            yield condition


def _hits(conditions: Iterator[Condition]) -> Iterator[Hit]:
    """One hit for each flag of a class."""
    seen: set[tuple[ast.ClassDef, str]] = set()
    for condition in conditions:
        (name,) = condition.attributes
        if (condition.owner.node, name) not in seen:
            seen.add((condition.owner.node, name))
            message = f"self.{name} is the same in every call, and both arms are compiled"
            yield Hit(condition.test, message, condition)
