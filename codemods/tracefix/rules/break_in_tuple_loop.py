"""Break out of a loop over a tuple.

What it does
    Finds `break` and `continue` in a loop over a tuple that is written out, and makes it a list.

Why TorchScript rejects it
    It unrolls a loop over a tuple, whose elements may be of several types, and then has no loop
    to leave. A list's loop stays one.

Example
    import torch
    from torch import nn


    class Coarsen(nn.Module):
        def forward(self, x):
            for scale in (0.5, 0.25):
                if x.sum() < 1:
                    break
                x = x * scale
            return x

Use instead
    import torch
    from torch import nn


    class Coarsen(nn.Module):
        def forward(self, x):
            for scale in [0.5, 0.25]:
                if x.sum() < 1:
                    break
                x = x * scale
            return x

When it is refused
    Where the elements are not known to be of one type, which a list needs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.jumps import jumps
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="break-in-tuple-loop",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"we do not support break or continue inside the body of these loops",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Tuples that are looped over, directly or by enumerate(), and left early."""
    for loop in facts.in_forward(ast.For):
        assert isinstance(loop, ast.For)
        over = loop.iter
        if isinstance(over, ast.Call) and facts.unit.resolve(over.func) == "enumerate":
            over = over.args[0] if over.args else over
        if isinstance(over, ast.Tuple) and over.elts and any(jumps(loop.body)):
            yield Hit(over, "a loop over a tuple is left early")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A list of the same elements."""
    assert isinstance(hit.node, ast.Tuple)
    types = [facts.types.of(element) for element in hit.node.elts]
    if any(isinstance(t, Unknown) for t in types) or len(set(types)) != 1:
        return Refusal("its elements are not known to be of one type")
    holes = {f"element{n}": element for n, element in enumerate(hit.node.elts)}
    template = ", ".join(f"{{{name}}}" for name in holes)
    return Change("loop over a list", (replace(hit.node, f"[{template}]", **holes),))
