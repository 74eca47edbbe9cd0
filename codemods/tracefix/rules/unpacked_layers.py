"""Unpack layers that are kept in groups while looping over them.

What it does
    Finds loops such as `for attention, feed_forward in self.layers` over a ModuleList of
    ModuleLists, and picks the layers of each group by their number. So it does for
    `attention, feed_forward = group`, where the loop goes through the groups.

Why TorchScript rejects it
    A list of layers is no tuple to it: "module cannot be used as a tuple".

Example
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(
                [nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)]) for _ in range(2)]
            )

        def forward(self, x):
            for mix, gate in self.layers:
                x = mix(x) * torch.sigmoid(gate(x))
            return x

Use instead
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(
                [nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)]) for _ in range(2)]
            )

        def forward(self, x):
            for layer in self.layers:
                mix = layer[0]
                gate = layer[1]
                x = mix(x) * torch.sigmoid(gate(x))
            return x

When it is refused
    Where a target is starred, or is more than names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.layer_lists import container_of
from tracefix.facts.local_names import fresh_local, singular
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="unpacked-layers",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"module cannot be used as a tuple",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Loops over lists of layers, bare or in enumerate() and zip(), with a target in parts."""
    for loop in facts.in_forward(ast.For):
        assert isinstance(loop, ast.For)
        for target, layers in _pairs(loop.target, loop.iter, facts):
            if isinstance(target, ast.Tuple) and container_of(layers, facts) == "ModuleList":
                yield Hit(loop, "TorchScript cannot unpack a list of layers", (target, layers))
    for statement in facts.in_forward(ast.Assign):
        assert isinstance(statement, ast.Assign)
        if isinstance(statement.targets[0], ast.Tuple) and _is_group(statement.value, facts):
            yield Hit(statement, "TorchScript cannot unpack a list of layers", statement.targets[0])


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """Each layer by its number, at the start of the loop's body."""
    loop = hit.node
    if isinstance(loop, ast.Assign):
        return _picked(loop)
    assert isinstance(loop, ast.For)
    assert isinstance(hit.detail, tuple)
    target, layers = hit.detail
    if not all(isinstance(part, ast.Name) for part in target.elts):
        return Refusal("a target is starred, or more than a name")
    function = facts.unit.function_of(loop)
    assert function is not None
    name = fresh_local(singular(layers.attr), function, facts.unit)
    picks = [f"{part.id} = {name}[{n}]" for n, part in enumerate(target.elts) if part.id != "_"]
    edits = [replace(target, name), before(loop.body[0], "\n".join(picks))]
    return Change("pick the layers by their numbers", tuple(edits))


def _picked(statement: ast.Assign) -> Change | Refusal:
    """Each layer of `mix, gate = group` by its number."""
    target = statement.targets[0]
    assert isinstance(target, ast.Tuple)
    if len(statement.targets) > 1 or not all(isinstance(p, ast.Name) for p in target.elts):
        return Refusal("a target is starred, or more than a name")
    group = ast.unparse(statement.value)
    names = [part.id for part in target.elts if isinstance(part, ast.Name)]
    picks = [f"{name} = {group}[{n}]" for n, name in enumerate(names)]
    return Change("pick the layers by their numbers", (replace(statement, "\n".join(picks)),))


def _is_group(value: ast.expr, facts: Facts) -> bool:
    """Whether a value is a list of layers, of those that a loop over `self.layers` goes through."""
    if container_of(value, facts) == "ModuleList":
        return True
    if not isinstance(value, ast.Name):
        return False
    given = facts.flow_at(value).reads.get(value, frozenset())
    loops = [facts.unit.parents.get(definition) for definition in given]
    return bool(loops) and all(
        isinstance(loop, ast.For)
        and loop.target in given
        and container_of(loop.iter, facts) == "ModuleList"
        for loop in loops
    )


def _pairs(target: ast.expr, over: ast.expr, facts: Facts) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What of a loop's target each sequence gives its elements to."""
    if not isinstance(over, ast.Call):
        yield target, over
        return
    parts = target.elts if isinstance(target, ast.Tuple) else []
    called = facts.unit.resolve(over.func)
    if called == "enumerate" and len(parts) == 2 and over.args:
        yield from _pairs(parts[1], over.args[0], facts)
    elif called == "zip" and len(parts) == len(over.args):
        for part, sequence in zip(parts, over.args, strict=True):
            yield from _pairs(part, sequence, facts)
