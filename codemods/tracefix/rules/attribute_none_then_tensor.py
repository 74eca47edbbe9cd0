"""Set an attribute to None first and to a tensor later.

What it does
    Finds `self.attn = None` in __init__ where forward assigns something else, also where __init__
    hands on a parameter whose default is None. The class says what the attribute may hold, and
    forward works on a local name.

Why TorchScript rejects it
    The type of an attribute is fixed when the module is compiled, and None is a type of its own:
    "Expected NoneType but got Tensor". An annotation in the class's body makes it Optional (one in
    __init__ does not), but only a local name is ever narrowed from Optional to Tensor.

Example
    import torch
    from torch import nn


    class Cached(nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = None

        def forward(self, x):
            self.seen = x * 2
            return x + self.seen

Use instead
    from typing import Optional

    import torch
    from torch import nn


    class Cached(nn.Module):
        seen: Optional[torch.Tensor]

        def __init__(self):
            super().__init__()
            self.seen = None

        def forward(self, x):
            seen = x * 2
            self.seen = seen
            return x + seen

When it is refused
    Where the type is not known or is none that TorchScript has, where a method called in between
    assigns the attribute too, and where a subclass in another file uses it. A trace still keeps
    what the recorded call found: what carries a tensor from call to call has to be a buffer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.state import StateAttribute, Write
from tracefix.facts.types import default_of
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule
from tracefix.rules.attribute_as_local import localised
from tracefix.rules.optional_attribute import annotated, forbidden, held_type, is_settled
from tracefix.rules.state_as_buffer import state_of

RULE = Rule(
    slug="attribute-none-then-tensor",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"Wrong type for attribute assignment\. Expected NoneType",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Attributes that __init__ sets to None, and forward to something else."""
    for attribute in state_of(facts).moved:
        if attribute.definitions and all(_may_be_none(w, facts) for w in attribute.definitions):
            moves = [w for w in attribute.moves if not _is_none(w.value)]
            if moves and not is_settled(attribute, facts):
                name = attribute.name
                yield Hit(
                    moves[0].target,
                    f"self.{name} is None first and something else later",
                    attribute,
                )


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The attribute Optional, its readers on a local name."""
    attribute = hit.detail
    assert isinstance(attribute, StateAttribute)
    inner = held_type(attribute, state_of(facts), facts)
    refusal = forbidden(attribute, facts)
    if refusal is not None:
        return refusal
    if isinstance(inner, Refusal):
        return inner
    edits, imports = annotated(attribute, inner, facts)
    return Change(
        f"self.{attribute.name} is Optional", (*edits, *localised(attribute, facts)), imports
    )


def _may_be_none(definition: Write, facts: Facts) -> bool:
    """Whether __init__ gives None, or hands on a parameter that is None unless a caller says more."""
    value = definition.value
    if _is_none(value) or not isinstance(value, ast.Name):
        return _is_none(value)
    given = facts.flow(definition.function).reads.get(value, frozenset())
    return bool(given) and all(
        isinstance(d, ast.arg) and _is_none(default_of(definition.function, d)) for d in given
    )


def _is_none(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
