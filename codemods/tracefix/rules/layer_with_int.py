"""Make a layer with an int where it takes a float: `nn.Dropout(0)`.

What it does
    Finds ints for a layer's rates, slopes and epsilons. A literal becomes a float's, any other
    expression goes through float(), and None stays None. A parameter that says float may hold an int
    all the same, which Python does not check.

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
    Never where torch has found such an int. What is known to be a float is passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.float_layers import float_arguments_of_layer
from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import parameters
from tracefix.model import Outcome, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
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
        if f"for argument '{name}'" in outcome.error and _may_be_int(argument, facts):
            yield _hit(name, argument)


def fix(hit: Hit, facts: Facts) -> Change:
    """The same number as a float."""
    assert isinstance(hit.node, ast.expr)
    if _may_be_none(hit.node, facts):
        kept = replace(hit.node, "None if {number} is None else float({number})", number=hit.node)
        return Change("make it a float where there is one", (kept,))
    return Change("make it a float", (as_float(hit.node, facts),))


def _arguments(facts: Facts) -> Iterator[tuple[str, ast.expr]]:
    for node in walk(facts.unit.tree):
        if isinstance(node, ast.Call):
            yield from float_arguments_of_layer(node, facts)


def _hit(name: str, argument: ast.expr) -> Hit:
    return Hit(argument, f"{name} is an int where the layer takes a float")


def _may_be_int(argument: ast.expr, facts: Facts) -> bool:
    """Whether this is an int, of unknown type, or a parameter said to be a float.

    Python takes an int for a `float`, and asks nobody.
    """
    given = facts.types.of(argument)
    if given == "int" or isinstance(given, Unknown):
        return True
    return given in ("float", "Optional[float]") and _parameter(argument, facts) is not None


def _may_be_none(argument: ast.expr, facts: Facts) -> bool:
    """Whether the parameter that is passed on has None for a default, or in its type."""
    parameter = _parameter(argument, facts)
    function = facts.unit.function_of(argument)
    if parameter is None or function is None:
        return False
    default = default_of(function, parameter)
    if isinstance(default, ast.Constant) and default.value is None:
        return True
    annotation = parameter.annotation
    return annotation is not None and str(facts.types.annotation(annotation)).startswith("Optional")


def _parameter(argument: ast.expr, facts: Facts) -> ast.arg | None:
    """The parameter that is passed on."""
    function = facts.unit.function_of(argument)
    if function is None or not isinstance(argument, ast.Name):
        return None
    return next((p for p in parameters(function) if p.arg == argument.id), None)
