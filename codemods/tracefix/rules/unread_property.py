"""A property that forward does not read.

What it does
    Finds properties of modules that forward does not reach and that TorchScript cannot compile, and
    lists them in `__jit_unused_properties__`, as torch does for its own (`nn.LSTM.all_weights`).
    Eager code does not read that list.

Why TorchScript rejects it
    It compiles every property of a module, whether forward reads it or not: "Python builtin
    <built-in function next> is currently not supported".

Example
    import torch
    from torch import nn


    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.ones(1))

        @property
        def device(self):
            return next(self.parameters()).device

        def forward(self, x):
            return x * self.factor

Use instead
    import torch
    from torch import nn


    class Scale(nn.Module):
        __jit_unused_properties__ = ["device"]

        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.ones(1))

        @property
        def device(self):
            return next(self.parameters()).device

        def forward(self, x):
            return x * self.factor

When it is refused
    Where the class has such a list that is not written out, or derives from a layer of torch's that
    has one. A property that forward reads is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.properties import UNUSED, Property, list_of, surely_fails, unread_properties
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.final_attribute import given

RULE = Rule(
    slug="unread-property",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"",),  # whatever a property does that does not compile
)
_HAVE_A_LIST = ("RNN", "LSTM", "GRU", "RNNBase")  # of torch.nn


def find(facts: Facts) -> Iterator[Hit]:
    """Those that surely do not compile."""
    for found in unread_properties(facts):
        if surely_fails(found, facts):
            yield _hit(found)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """Those in which torch has stopped."""
    lines = [place.line for place in outcome.places if place.path == facts.unit.path]
    for found in unread_properties(facts):
        if any(map(found.holds, lines)):
            yield _hit(found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The list with its name."""
    found = hit.detail
    assert isinstance(found, Property)
    name, title = found.getter.name, f"leave {found.getter.name} out of the script"
    listed = list_of(found.owner)
    if listed is not None:
        if not isinstance(listed.value, ast.List):
            return Refusal(f"{UNUSED} is not a plain list")
        parts = [*(facts.unit.text(e) for e in listed.value.elts), f'"{name}"']
        return Change(title, (replace(listed.value, f"[{', '.join(parts)}]"),))
    spread = _inherited(found.owner, facts)
    if isinstance(spread, Refusal):
        return spread
    quoted = f'"{name}"'
    line = f"{UNUSED} = [{', '.join([*spread, quoted])}]"
    return Change(title, (given(line, found.owner.node),))


def _hit(found: Property) -> Hit:
    message = f"TorchScript compiles {found.getter.name} too, which forward does not read"
    return Hit(found.at, message, found)


def _inherited(info: ClassInfo, facts: Facts) -> list[str] | Refusal:
    """What spreads the list that a class inherits."""
    for base in info.node.bases:
        found = facts.project.find_class(info.unit, base)
        if found is None:
            kind = (facts.unit.resolve(base) or "").removeprefix("torch.nn.")
            if kind.rpartition(".")[2] in _HAVE_A_LIST:
                return Refusal(f"{kind} has a list of its own")
        elif any(list_of(c) is not None for c in (found, *facts.project.bases(found))):
            return [f"*{ast.unparse(base)}.{UNUSED}"]
    return []
