"""Collect results in a list, and return `tuple(outputs)`.

What it does
    Collects them in a tuple from the start, where no loop appends to the list: as many are returned
    as before, and a tuple of them.

Why TorchScript rejects it
    How long a tuple is belongs to its type, and how long a list is is not known when the call is
    compiled: "cannot statically infer the expected size of a list in this context". A flag that
    decides what is appended has to be one that the compiler knows (see `fixed-condition`).

Example
    import torch
    from torch import nn


    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(4, 4)
            self.aux = nn.Linear(4, 2)

        def forward(self, x):
            outputs = []
            outputs.append(self.body(x))
            outputs.append(self.aux(x))
            return tuple(outputs)

Use instead
    import torch
    from torch import nn


    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(4, 4)
            self.aux = nn.Linear(4, 2)

        def forward(self, x):
            outputs = ()
            outputs = outputs + (self.body(x),)
            outputs = outputs + (self.aux(x),)
            return outputs

When it is refused
    Where a comment stands in what is rewritten. Lists that grow in a loop, and those of which more
    is asked than an element, are no finding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.grown_tuples import GrownTuple, grown_tuples
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="list-returned-as-tuple",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"cannot statically infer the expected size of a list",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of tuple() that are returned."""
    for grown in facts.once(grown_tuples):
        yield Hit(grown.tuples[0], f"a tuple is made of the list {grown.name}", grown)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A tuple from the start."""
    grown = hit.detail
    assert isinstance(grown, GrownTuple)
    touched = (grown.start, *grown.appends, *grown.tuples)
    if any("#" in facts.unit.text(node) for node in touched):
        return Refusal("a comment stands in what is rewritten")
    edits = [_displayed(grown.start)]
    edits += [_added(grown.name, append) for append in grown.appends]
    edits += [replace(made, grown.name) for made in grown.tuples]
    return Change("collect them in a tuple", tuple(edits))


def _displayed(start: ast.List) -> Edit:
    names = [f"e{n}" for n in range(len(start.elts))]
    lone = "," if len(names) == 1 else ""
    inner = ", ".join(f"{{{name}}}" for name in names) + lone
    return replace(start, f"({inner})", **dict(zip(names, start.elts, strict=True)))


def _added(name: str, append: ast.Expr) -> Edit:
    # TorchScript makes a list of `outputs += (x,)`.
    assert isinstance(append.value, ast.Call)
    return replace(append, f"{name} = {name} + ({{element}},)", element=append.value.args[0])
