"""Chain sequences: `itertools.chain(xs, ys)`.

What it does
    Writes `xs + ys` for lists, and the list of the elements for `chain.from_iterable(parts)`.

Why TorchScript rejects it
    It does not know itertools.

Example
    from itertools import chain
    from typing import List

    import torch
    from torch import nn


    class Total(nn.Module):
        def forward(self, xs: List[torch.Tensor], ys: List[torch.Tensor]):
            total = torch.zeros_like(xs[0])
            for part in chain(xs, ys):
                total = total + part
            return total

Use instead
    from itertools import chain
    from typing import List

    import torch
    from torch import nn


    class Total(nn.Module):
        def forward(self, xs: List[torch.Tensor], ys: List[torch.Tensor]):
            total = torch.zeros_like(xs[0])
            for part in xs + ys:
                total = total + part
            return total

When it is refused
    Where what is chained is not known to be lists, such as layers, and where the elements may not
    be gone through at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.iterators import taken_at_once
from tracefix.facts.local_names import fresh_local
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="chain-call",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # a list that grows while it is gone through is not seen to grow
    answers=(r"\bchain\b", r"from_iterable", r"class 'itertools"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of itertools.chain and chain.from_iterable."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        name = facts.unit.resolve(call.func)
        if name == "itertools.chain" and call.args:
            yield Hit(call, "TorchScript has no itertools", list(call.args))
        elif name == "itertools.chain.from_iterable" and len(call.args) == 1:
            yield Hit(call, "TorchScript has no itertools")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """One list."""
    call = hit.node
    assert isinstance(call, ast.Call)
    place = taken_at_once(call, facts)
    if place is None:
        return Refusal("its elements may be gone through later")
    if hit.detail is None:
        return _flattened(call, place, facts)
    if not all(str(facts.types.of(part)).startswith("List[") for part in call.args):
        return Refusal("what is chained is not known to be lists")
    holes: dict[str, Hole] = {f"part{n}": part for n, part in enumerate(call.args)}
    text = " + ".join(f"{{{name}}}" for name in holes) if len(holes) > 1 else "list({part0})"
    return Change("add the lists", (replace(place, text, **holes),))


def _flattened(call: ast.Call, place: ast.expr, facts: Facts) -> Change:
    function = facts.unit.function_of(call)
    assert function is not None
    part = fresh_local("part", function, facts.unit)
    item = fresh_local("item", function, facts.unit)
    made = f"[{item} for {part} in {{parts}} for {item} in {part}]"
    return Change("list the elements", (replace(place, made, parts=call.args[0]),))
