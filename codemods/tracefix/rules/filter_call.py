"""Filter a sequence: `filter(f, xs)`.

What it does
    Finds `filter(f, xs)`, `filter(lambda x: ..., xs)` and `filter(None, xs)`, and writes the list of
    the elements that are let through.

Why TorchScript rejects it
    It has no `filter`, and no lambdas.

Example
    from typing import List

    import torch
    from torch import nn


    class Join(nn.Module):
        def forward(self, parts: List[torch.Tensor]):
            return torch.cat(list(filter(lambda part: part.size(0) > 1, parts)))

Use instead
    from typing import List

    import torch
    from torch import nn


    class Join(nn.Module):
        def forward(self, parts: List[torch.Tensor]):
            return torch.cat([part for part in parts if part.size(0) > 1])

When it is refused
    Where the lambda takes other than one plain parameter, where the sequence is starred, and where
    the elements may not be gone through at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.iterators import taken_at_once
from tracefix.facts.local_names import fresh_local, one_of
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="filter-call",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # what is filtered is filtered at once
    answers=(r"Lambda aren't supported", r"\bfilter\b", r"builtin cannot be used as a value"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Every call of filter()."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) == "filter" and len(call.args) == 2:
            yield Hit(call, "TorchScript has no filter()")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The list."""
    call = hit.node
    assert isinstance(call, ast.Call)
    function, sequence = call.args
    if isinstance(sequence, ast.Starred):
        return Refusal("the sequence is starred")
    place = taken_at_once(call, facts)
    if place is None:
        return Refusal("its elements may be gone through later")
    holes: dict[str, Hole] = {"over": sequence}
    if isinstance(function, ast.Lambda):
        args = function.args
        if len(args.args) != 1 or args.defaults or args.vararg or args.kwarg or args.kwonlyargs:
            return Refusal("the lambda does not take one plain parameter")
        name, test = args.args[0].arg, "{test}"
        holes["test"] = function.body
    else:
        name = _name(sequence, facts)
        none = isinstance(function, ast.Constant) and function.value is None
        test = name if none else f"{{test}}({name})"
        holes |= {} if none else {"test": function}
    made = f"[{name} for {name} in {{over}} if {test}]"
    return Change("write a list", (replace(place, made, **holes),))


def _name(sequence: ast.expr, facts: Facts) -> str:
    function = facts.unit.function_of(sequence)
    assert function is not None
    return fresh_local(one_of(sequence, "item"), function, facts.unit)
