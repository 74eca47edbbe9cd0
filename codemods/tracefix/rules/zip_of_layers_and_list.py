"""Zip layers with a list: `for layer, x in zip(self.layers, xs)`.

What it does
    Counts through the layers, and takes each element of the list by its number for as long as the
    list has one.

Why TorchScript rejects it
    A loop over layers is written out, one pass a layer, and the length of a list is not known when
    that is done: "Can not iterate over a module list or tuple with a value that does not have a
    statically determinable length".

Example
    from typing import List

    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.laterals = nn.ModuleList([nn.Conv2d(4, 8, 1), nn.Conv2d(6, 8, 1)])

        def forward(self, features: List[torch.Tensor]):
            total = torch.zeros(1)
            for feature, lateral in zip(features, self.laterals):
                total = total + lateral(feature).mean()
            return total

Use instead
    from typing import List

    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.laterals = nn.ModuleList([nn.Conv2d(4, 8, 1), nn.Conv2d(6, 8, 1)])

        def forward(self, features: List[torch.Tensor]):
            total = torch.zeros(1)
            for n, lateral in enumerate(self.laterals):
                if n < len(features):
                    feature = features[n]
                    total = total + lateral(feature).mean()
            return total

When it is refused
    Where the loop is left with `break` or `continue`, where what it binds is read behind it, and
    where a comprehension unpacks the elements or makes the list that it goes through.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.layer_walks import Walk, layers_in, obstacle, walks
from tracefix.facts.local_names import fresh_local, singular
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="zip-of-layers-and-list",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"does not have a statically determinable length",),
    after=("layers-in-plain-list", "unpacked-layers"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Loops over both."""
    for found in walks(facts):
        if _lists(found, facts) and any(layers_in(s, facts) for _, s in found.pairs):
            yield Hit(found.over, "TorchScript cannot zip layers with a list", found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A loop over the layers that counts, and the elements by their number."""
    found = hit.detail
    assert isinstance(found, Walk)
    reason = obstacle(found, facts)
    if reason is not None:
        return Refusal(reason)
    if isinstance(found.loop, ast.For):
        return _as_loop(found, facts)
    return _as_comprehension(found, facts)


def _as_loop(found: Walk, facts: Facts) -> Change:
    assert isinstance(found.loop, ast.For)
    n = _counter(found, facts)
    head, holes = _head(found, n, facts)
    edits: list[Edit] = []
    tests, taken, names = [], [], [n]
    for number, (target, sequence) in enumerate(_lists(found, facts)):
        name = ast.unparse(sequence)
        if not _stays(sequence, found):
            name = _kept(target, found, facts, names)
            names.append(name)
            edits.append(before(found.loop, f"{name} = {{value}}", value=sequence))
        tests.append(f"{n} < len({name})")
        taken.append(f"        {{list{number}}} = {name}[{n}]")
        holes[f"list{number}"] = target
    lines = [head, f"    if {' and '.join(tests)}:", *taken, "        {body}"]
    edits.append(replace(found.loop, "\n".join(lines), body=found.loop.body, **holes))
    return Change("count through the layers", tuple(edits))


def _as_comprehension(found: Walk, facts: Facts) -> Change | Refusal:
    assert isinstance(found.loop, ast.ListComp)
    n = _counter(found, facts)
    head, holes = _head(found, n, facts)
    edits: list[Edit] = []
    tests = []
    for target, sequence in _lists(found, facts):
        if not isinstance(target, ast.Name) or not _stays(sequence, found):
            return Refusal("the elements are unpacked, or their list is made on the spot")
        tests.append(f"{n} < len({ast.unparse(sequence)})")
        for read in walk(found.loop.elt):
            if isinstance(read, ast.Name) and read.id == target.id:
                edits.append(replace(read, f"{ast.unparse(sequence)}[{n}]"))
    template = f"[{{element}} {head.rstrip(':')} if {' and '.join(tests)}]"
    edits.append(replace(found.loop, template, element=found.loop.elt, **holes))
    return Change("count through the layers", tuple(edits))


def _lists(found: Walk, facts: Facts) -> list[tuple[ast.expr, ast.expr]]:
    """The sequences of a zip() that TorchScript takes for lists, with their targets."""
    if len(found.pairs) < 2:
        return []
    return [(t, s) for t, s in found.pairs if _is_list(facts.types.of(s))]


def _is_list(type_: object) -> bool:
    return isinstance(type_, str) and (
        type_.startswith("List[") or type_ in ("Tensor", "torch.Size")
    )


def _counter(found: Walk, facts: Facts) -> str:
    """The name that the loop counts in: its own, as long as the body leaves that alone."""
    if found.counter is not None and not found.binds(found.counter.id):
        return found.counter.id
    function = facts.unit.function_of(found.loop)
    assert function is not None
    return fresh_local("n", function, facts.unit)


def _head(found: Walk, n: str, facts: Facts) -> tuple[str, dict[str, Hole]]:
    """The loop over what TorchScript writes out, which alone is left in the zip()."""
    lists = {s for _, s in _lists(found, facts)}
    left = [(t, s) for t, s in found.pairs if s not in lists]
    holes: dict[str, Hole] = {f"target{k}": t for k, (t, _) in enumerate(left)}
    holes |= {f"over{k}": s for k, (_, s) in enumerate(left)}
    if len(left) == 1:
        return f"for {n}, {{target0}} in enumerate({{over0}}):", holes
    targets = ", ".join(f"{{target{k}}}" for k in range(len(left)))
    over = ", ".join(f"{{over{k}}}" for k in range(len(left)))
    return f"for {n}, ({targets}) in enumerate(zip({over})):", holes


def _stays(sequence: ast.expr, found: Walk) -> bool:
    """Whether a sequence is a name that means the same in every round."""
    if isinstance(sequence, ast.Name):
        return not found.binds(sequence.id)
    return False


def _kept(target: ast.expr, found: Walk, facts: Facts, taken: list[str]) -> str:
    """A name for a list that is made on the spot: `features` for what `feature` comes from."""
    function = facts.unit.function_of(found.loop)
    assert function is not None
    stem = f"{singular(target.id)}s" if isinstance(target, ast.Name) else "given"
    return fresh_local(stem if len(stem) > 2 else "given", function, facts.unit, taken)
