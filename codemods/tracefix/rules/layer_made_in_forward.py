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
    where a variable holds the layer that is read for more than to be called, or whose arguments may
    be others where it is called. A padding has to be known as a number, or as one for each side.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.lasting import lasts
from tracefix.facts.made_layers import MadeLayer, made_layers
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.sequences import kind_of
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
    obstacle = _obstacle(made, form, facts)
    if obstacle is not None:
        return Refusal(obstacle)
    name, imports = functional(facts.unit)
    function = form.function.replace("{F}", name).replace("{torch}", "torch")
    edits: list[Edit] = [_called(call, function, made, form, facts) for call in made.calls]
    if made.assignment is not None:
        edits.append(remove(made.assignment))
    wanted = imports if "{F}" in form.function else ("import torch",)
    if facts.unit.imports.get("torch") == "torch" and "{torch}" in form.function:
        wanted = ()
    computed = made.assignment is not None and not _are_constants(made)
    safety = Safety.PROVEN if computed else None
    return Change(f"call {function}", tuple(edits), wanted, safety)


def _obstacle(made: MadeLayer, form: Form, facts: Facts) -> str | None:
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
        for call in made.calls:
            if not all(lasts(a, call, facts) for a in _arguments(made)):
                return "the layer's arguments are computed where it is made"
    if form.sides and _padding(made, form, facts) is None:
        return "its padding is not known to be one number, or one for each side"
    for call in made.calls:
        starred = any(isinstance(a, ast.Starred) for a in call.args)
        if starred or call.keywords or len(call.args) != form.inputs:
            return "the layer is called with other arguments than its inputs"
    return None


def _arguments(made: MadeLayer) -> list[ast.expr]:
    given = made.layer.call
    return [*given.args, *(k.value for k in given.keywords)]


def _are_constants(made: MadeLayer) -> bool:
    return all(isinstance(a, ast.Constant) for a in _arguments(made))


def _padding(made: MadeLayer, form: Form, facts: Facts) -> str | None:
    """The padding as the function wants it, with {it} for what is written."""
    value = made.layer.given("padding", 0)
    if value is None:
        return None
    if kind_of(value, facts) is not None:
        return "{it}"
    plain = isinstance(value, ast.Constant | ast.Name) or is_self_attribute(value)
    if plain and facts.types.of(value) == "int":
        return f"({', '.join(['{it}'] * form.sides)})"
    return None


def _called(call: ast.Call, function: str, made: MadeLayer, form: Form, facts: Facts) -> Edit:
    given = made.layer.call
    holes: dict[str, Hole] = {f"input{n}": a for n, a in enumerate(call.args)}
    places = [f"{{{name}}}" for name in holes]
    sides = (_padding(made, form, facts) if form.sides else None) or "{it}"
    for number, value in enumerate(given.args):
        holes[f"given{number}"] = value
        by_name = "" if number < form.in_order else f"{form.parameters[number]}="
        place = f"{{given{number}}}"
        places.append(by_name + (place if number else sides.replace("{it}", place)))
    for keyword in given.keywords:
        name, place = keyword.arg, f"{{named_{keyword.arg}}}"
        holes[f"named_{name}"] = keyword.value
        if form.sides and name == "padding":
            places.insert(1, sides.replace("{it}", place))  # the function calls it `pad`
        else:
            places.append(f"{name}={place}")
    names = [*form.parameters[: len(given.args)], *(k.arg for k in given.keywords)]
    places += form.added(name for name in names if name is not None)
    return replace(call, f"{function}({', '.join(places)})", **holes)
