"""Reduce a sequence: `functools.reduce(torch.add, xs)`.

What it does
    Writes the loop that reduce() is, in front of the statement, or in its place where the result is
    given to a name; of a list that is written out, `a + b + c`.

Why TorchScript rejects it
    It does not know reduce(), nor a lambda that is handed to it.

Example
    from functools import reduce

    import torch
    from torch import nn


    class Merge(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(3, 3), nn.ReLU()])

        def forward(self, x):
            x = reduce(lambda value, layer: layer(value), self.layers, x)
            return reduce(torch.maximum, x.chunk(3, dim=1)) * 2

Use instead
    from functools import reduce

    import torch
    from torch import nn


    class Merge(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(3, 3), nn.ReLU()])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            terms = x.chunk(3, dim=1)
            result = terms[0]
            for term in terms[1:]:
                result = torch.maximum(result, term)
            return result * 2

When it is refused
    Where the lambda takes other than two plain parameters, or has names of its own; where the
    function is made on the spot; and where it is not worked out each time that its statement runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.layer_lists import container_of
from tracefix.facts.local_names import fresh_local, name_given, one_of
from tracefix.facts.reductions import Reduction, reduction_of, why_not_called
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="reduce-call",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # of no elements at all, reduce() raises a TypeError
    answers=(r"function reduce>", r"Lambda aren't supported", r"\breduce\b"),
    after=("product-of-sizes",),  # knows what a product of sizes is called
)
_LISTED = ("map", "zip", "filter", "reversed", "enumerate")  # may be gone through once


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of functools.reduce."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        found = reduction_of(call, facts.unit)
        if found is not None:
            yield Hit(call, "TorchScript has no reduce()", found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The operator between what is written out, or a loop."""
    found = hit.detail
    assert isinstance(found, Reduction)
    listed = found.sequence
    if found.operator is not None and isinstance(listed, ast.List | ast.Tuple) and listed.elts:
        if not any(isinstance(e, ast.Starred) for e in listed.elts):
            return _written_out(found, [found.start] if found.start else [], listed.elts)
    reason = why_not_called(found) or why_not_hoisted(found.call, facts.unit)
    return Refusal(reason) if reason is not None else _looped(found, facts)


def _written_out(
    found: Reduction, start: list[ast.expr], elements: list[ast.expr]
) -> Change | Refusal:
    if found.operator == "**":
        return Refusal("powers are worked out from the right where they are written out")
    holes: dict[str, Hole] = {f"term{n}": term for n, term in enumerate([*start, *elements])}
    text = f" {found.operator} ".join(f"{{{h}}}" for h in holes)
    return Change("write it out", (replace(found.call, text, **holes),))


def _looped(found: Reduction, facts: Facts) -> Change:
    function = facts.unit.function_of(found.call)
    assert function is not None
    result = name_given(found.call, facts.unit)
    if result is not None and found.reads(result):
        result = None  # the loop would give it another value before it is read
    kept = result or fresh_local("result", function, facts.unit)
    apart = found.function if isinstance(found.function, ast.Lambda) else None
    term = fresh_local(_wanted(found), function, facts.unit, [kept], apart)
    lines, holes = _head(found, kept, facts)
    step, edits = _step(found, kept, term)
    holes |= {"step": found.function.body} if isinstance(found.function, ast.Lambda) else {}
    lines += [f"for {term} in {{over}}:", f"    {kept} = {step}"]
    template = "\n".join(lines)
    statement = facts.unit.statement(found.call)
    if result is not None:
        return Change("write the loop", (replace(statement, template, **holes), *edits))
    first = before(statement, template, **holes)
    return Change("write the loop", (first, replace(found.call, kept), *edits))


def _wanted(found: Reduction) -> str:
    """What to call an element: as the lambda does, or one of `halves`."""
    if found.parameters:
        return found.parameters[1]
    return one_of(found.sequence, "term")


def _head(found: Reduction, kept: str, facts: Facts) -> tuple[list[str], dict[str, Hole]]:
    """What stands in front of the loop, and what it goes through."""
    sequence: Hole = found.sequence
    if isinstance(found.sequence, ast.GeneratorExp):
        sequence = f"[{ast.unparse(found.sequence)[1:-1]}]"
    elif isinstance(found.sequence, ast.Call) and not container_of(found.sequence, facts):
        if facts.unit.resolve(found.sequence.func) in _LISTED:
            sequence = f"list({ast.unparse(found.sequence)})"
    if found.start is not None:
        same = isinstance(found.start, ast.Name) and found.start.id == kept
        head = [] if same else [f"{kept} = {{start}}"]
        return head, {"over": sequence, **({} if same else {"start": found.start})}
    if isinstance(found.sequence, ast.Name | ast.Attribute):
        text = ast.unparse(found.sequence)
        return [f"{kept} = {text}[0]"], {"over": f"{text}[1:]"}
    function = facts.unit.function_of(found.call)
    assert function is not None
    terms = fresh_local("terms", function, facts.unit)
    head = [f"{terms} = {{terms}}", f"{kept} = {terms}[0]"]
    return head, {"over": f"{terms}[1:]", "terms": sequence}


def _step(found: Reduction, kept: str, term: str) -> tuple[str, list[Edit]]:
    """What each round works out, and the new names in a lambda's body."""
    if found.operator is not None:
        return f"{kept} {found.operator} {term}", []
    if not isinstance(found.function, ast.Lambda):
        return f"{ast.unparse(found.function)}({kept}, {term})", []
    new = dict(zip(found.parameters, (kept, term), strict=True))
    names = (n for n in walk(found.function.body) if isinstance(n, ast.Name) and n.id in new)
    return "{step}", [replace(n, new[n.id]) for n in names]
