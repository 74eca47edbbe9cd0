"""Make a layer with an int where it takes a float: `nn.Dropout(0)`.

What it does
    Finds ints for a layer's rates, slopes and epsilons. A literal becomes a float's, any other
    expression goes through float().

Why TorchScript rejects it
    The layer keeps the number as it is, and its forward hands it to a function that takes a float.
    TorchScript does not convert an int to one.

Example
    from torch import nn


    class Block(nn.Module):
        def __init__(self, width, rate=0):
            super().__init__()
            self.layers = nn.Sequential(nn.BatchNorm1d(width, momentum=1), nn.Dropout(rate))

        def forward(self, x):
            return self.layers(x)

Use instead
    from torch import nn


    class Block(nn.Module):
        def __init__(self, width, rate=0):
            super().__init__()
            self.layers = nn.Sequential(nn.BatchNorm1d(width, momentum=1.0), nn.Dropout(float(rate)))

        def forward(self, x):
            return self.layers(x)

When it is refused
    Where None may be given, which is no number.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.float_layers import float_arguments_of_layer
from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import parameters
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule
from tracefix.rules.number_as_float import as_float

RULE = Rule(
    slug="layer-with-int",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"'(Optional\[)?float\]?' for argument '\w+' but instead found type 'int'",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Constructions that are surely given an int."""
    for name, argument in _arguments(facts):
        if facts.types.of(argument) == "int":
            yield _hit(name, argument)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """Constructions that may be given the int which torch has found in one of its layers."""
    if outcome.place is None or not outcome.place.path.startswith("/"):
        return  # in the project's own code the call itself is wrong
    for name, argument in _arguments(facts):
        given = facts.types.of(argument)
        if f"for argument '{name}'" in outcome.error and given != "float":
            if given == "int" or isinstance(given, Unknown):
                yield _hit(name, argument)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The same number as a float."""
    assert isinstance(hit.node, ast.expr)
    if _may_be_none(hit.node, facts):
        return Refusal(f"{ast.unparse(hit.node)} may be None")
    return Change("make it a float", (as_float(hit.node, facts),))


def _arguments(facts: Facts) -> Iterator[tuple[str, ast.expr]]:
    for node in walk(facts.unit.tree):
        if isinstance(node, ast.Call):
            yield from float_arguments_of_layer(node, facts)


def _hit(name: str, argument: ast.expr) -> Hit:
    return Hit(argument, f"{name} is an int where the layer takes a float")


def _may_be_none(argument: ast.expr, facts: Facts) -> bool:
    """Whether the parameter that is passed on has None for a default."""
    function = facts.unit.function_of(argument)
    if function is None or not isinstance(argument, ast.Name):
        return False
    defaults = (default_of(function, p) for p in parameters(function) if p.arg == argument.id)
    return any(isinstance(d, ast.Constant) and d.value is None for d in defaults)
