"""Loop over a part of the layers: `for layer in self.layers[1:]`.

What it does
    Loops over all layers, counts them, and does the work for those of the part.

Why TorchScript rejects it
    A slice of a list of layers is a tuple of values to it, and no value can be called: "object has
    no attribute or method '__call__'".

Example
    import torch
    from torch import nn


    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x):
            x = self.layers[0](x)
            for layer in self.layers[1:]:
                x = layer(torch.relu(x))
            return x

Use instead
    import torch
    from torch import nn


    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x):
            x = self.layers[0](x)
            for n, layer in enumerate(self.layers):
                if n >= 1:
                    x = layer(torch.relu(x))
            return x

When it is refused
    Where the loop is left with `break` or `continue`, where what it binds is read behind it, and
    where a slice has a step, or a bound that may be negative without being a literal. Slices of
    several lists have to start alike.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.layer_walks import Walk, layers_in, obstacle, walks
from tracefix.facts.literals import literal_int
from tracefix.facts.local_names import fresh_local
from tracefix.facts.nonnegative import is_nonnegative
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="slice-of-layers",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"has no attribute or method '__call__'",),
    after=("zip-of-layers-and-list",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Loops over slices of layers, and over nothing else."""
    for found in walks(facts):
        layers = [layers_in(s, facts) for _, s in found.pairs]
        sliced = any(isinstance(s, ast.Subscript) for _, s in found.pairs)
        if sliced and all(layer is not None for layer in layers) and not _is_reversed(found):
            yield Hit(found.over, "TorchScript calls no layer of a slice", found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A loop over all layers with the part as its condition."""
    found = hit.detail
    assert isinstance(found, Walk)
    test = _test(found, facts)
    reason = obstacle(found, facts) or (test.reason if isinstance(test, Refusal) else None)
    if isinstance(test, Refusal) or reason is not None:
        return Refusal(reason or "")
    function = facts.unit.function_of(found.loop)
    assert function is not None
    start, condition = test
    shifted = found.counter is not None and (start != "0" or found.binds(found.counter.id))
    if shifted and (" " in start or isinstance(found.loop, ast.ListComp)):
        return Refusal("what enumerate() counts is no simple function of the layer's number")
    n = fresh_local("n", function, facts.unit)
    if found.counter is not None and not shifted:
        n = found.counter.id
    head, holes = _head(found, n, facts)
    condition = condition.replace("#", n)
    if isinstance(found.loop, ast.ListComp):
        template = f"[{{element}} {head} if {condition}]"
        return Change(
            "ask for the part", (replace(found.loop, template, element=found.loop.elt, **holes),)
        )
    lines = [f"{head}:", f"    if {condition}:"]
    if shifted and found.counter is not None:
        value = n if start == "0" else f"{n} - {start}"
        lines.append(f"        {found.counter.id} = {value}")
    lines.append("        {body}")
    edit = replace(found.loop, "\n".join(lines), body=found.loop.body, **holes)
    return Change("ask for the part", (edit,))


def _head(found: Walk, n: str, facts: Facts) -> tuple[str, dict[str, Hole]]:
    holes: dict[str, Hole] = {f"target{k}": t for k, (t, _) in enumerate(found.pairs)}
    lists = [ast.unparse(layers_in(s, facts) or s) for _, s in found.pairs]
    if len(lists) == 1:
        return f"for {n}, {{target0}} in enumerate({lists[0]})", holes
    targets = ", ".join(f"{{target{k}}}" for k in range(len(lists)))
    return f"for {n}, ({targets}) in enumerate(zip({', '.join(lists)}))", holes


def _test(found: Walk, facts: Facts) -> tuple[str, str] | Refusal:
    """Where the parts start, and the condition under which "#" is in all of them."""
    starts: set[str] = set()
    stops: list[str] = []
    for _, sequence in found.pairs:
        if not isinstance(sequence, ast.Subscript):
            starts.add("0")
            continue
        part = sequence.slice
        assert isinstance(part, ast.Slice)
        if part.step is not None and literal_int(part.step) != 1:
            return Refusal("the slice has a step")
        count = f"len({ast.unparse(sequence.value)})"
        start = "0" if part.lower is None else _bound(part.lower, count, found, facts)
        stop = None if part.upper is None else _bound(part.upper, count, found, facts)
        if start is None or (stop is None and part.upper is not None):
            return Refusal("a bound may be negative, or change in the loop")
        starts.add(start)
        stops += [stop] if stop is not None else []
    if len(starts) > 1:
        return Refusal("the lists are sliced from different layers on")
    start = starts.pop()
    stops = list(dict.fromkeys(stops))
    if not stops:
        return start, f"# >= {start}"
    first = f"# < {stops[0]}" if start == "0" else f"{start} <= # < {stops[0]}"
    return start, " and ".join([first, *(f"# < {stop}" for stop in stops[1:])])


def _bound(bound: ast.expr, count: str, found: Walk, facts: Facts) -> str | None:
    """A bound as a number of a layer."""
    literal = literal_int(bound)
    if literal is not None:
        return str(literal) if literal >= 0 else f"{count} - {-literal}"
    if not isinstance(bound, ast.Name) or found.binds(bound.id):
        return None
    return bound.id if is_nonnegative(bound, facts) else None


def _is_reversed(found: Walk) -> bool:
    """Whether a slice goes backwards."""
    steps = (
        s.slice.step
        for _, s in found.pairs
        if isinstance(s, ast.Subscript) and isinstance(s.slice, ast.Slice)
    )
    return any(step is not None and (literal_int(step) or 0) < 0 for step in steps)
