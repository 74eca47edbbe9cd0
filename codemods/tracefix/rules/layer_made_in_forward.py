"""Make a layer in forward and call it: `nn.Softmax(dim=-1)(x)`.

What it does
    Calls the function that the layer is made of.

Why TorchScript rejects it
    It makes no modules while it runs: "Class Softmax does not have an __init__ function defined",
    "Cannot instantiate class".

Example
    import torch
    from torch import nn


    class Attention(nn.Module):
        def forward(self, scores, target):
            weights = nn.Softmax(dim=-1)(scores)
            loss = nn.MSELoss()
            return loss(weights, target)

Use instead
    import torch
    from torch import nn


    class Attention(nn.Module):
        def forward(self, scores, target):
            weights = nn.functional.softmax(scores, dim=-1)
            return nn.functional.mse_loss(weights, target)

When it is refused
    For layers that have parameters or other state, for the arguments size_average and reduce, and
    where a variable holds the layer that is read for more than to be called, or whose arguments are
    computed before something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.made_layers import MadeLayer, made_layers
from tracefix.facts.spelling import functional
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, remove, replace
from tracefix.rules import Rule
from tracefix.rules.layer_functions import FUNCTIONS, LEGACY, Form

RULE = Rule(
    slug="layer-made-in-forward",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"does not have an __init__ function defined",
        r"Cannot instantiate class",
        r"cannot be used as a value",
        r"Unknown type name",
        r"Can't redefine method",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Layers that forward makes."""
    for made in made_layers(facts):
        yield Hit(made.layer.call, f"TorchScript cannot make {made.layer.name} in forward", made)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The function in the place of each call."""
    made = hit.detail
    assert isinstance(made, MadeLayer)
    form = FUNCTIONS.get(made.layer.kind)
    if form is None:
        return Refusal(f"{made.layer.name} is not made of one function without state")
    obstacle = _obstacle(made, form)
    if obstacle is not None:
        return Refusal(obstacle)
    name, imports = functional(facts.unit)
    function = form.function.replace("{F}", name).replace("{torch}", "torch")
    edits: list[Edit] = [_called(call, function, made, form) for call in made.calls]
    if made.assignment is not None:
        edits.append(remove(made.assignment))
    wanted = imports if "{F}" in form.function else ("import torch",)
    if facts.unit.imports.get("torch") == "torch" and "{torch}" in form.function:
        wanted = ()
    return Change(f"call {function}", tuple(edits), wanted)


def _obstacle(made: MadeLayer, form: Form) -> str | None:
    given = made.layer.call
    if any(isinstance(a, ast.Starred) for a in given.args):
        return "the layer is made with starred arguments"
    if len(given.args) > len(form.parameters):
        return f"{made.layer.name} takes no such arguments"
    names = [*form.parameters[: len(given.args)], *(k.arg for k in given.keywords)]
    if any(name not in form.parameters or name in LEGACY for name in names):
        return f"an argument of {made.layer.name} is none of its function's"
    if made.assignment is not None:
        if made.other_uses or not made.calls:
            return "the variable that holds the layer is read for more than to be called"
        plain = all(isinstance(a, ast.Constant) for a in (*given.args, *_values(given)))
        if not plain:
            return "the layer's arguments are computed where it is made"
    for call in made.calls:
        starred = any(isinstance(a, ast.Starred) for a in call.args)
        if starred or call.keywords or len(call.args) != form.inputs:
            return "the layer is called with other arguments than its inputs"
    return None


def _values(call: ast.Call) -> list[ast.expr]:
    return [k.value for k in call.keywords]


def _called(call: ast.Call, function: str, made: MadeLayer, form: Form) -> Edit:
    given = made.layer.call
    holes: dict[str, Hole] = {f"input{n}": a for n, a in enumerate(call.args)}
    places = [f"{{{name}}}" for name in holes]
    for number, value in enumerate(given.args):
        holes[f"given{number}"] = value
        by_name = "" if number < form.in_order else f"{form.parameters[number]}="
        places.append(f"{by_name}{{given{number}}}")
    for keyword in given.keywords:
        holes[f"named_{keyword.arg}"] = keyword.value
        places.append(f"{keyword.arg}={{named_{keyword.arg}}}")
    return replace(call, f"{function}({', '.join(places)})", **holes)
