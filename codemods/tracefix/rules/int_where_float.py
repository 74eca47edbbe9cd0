"""Pass an int where torch takes a float.

What it does
    Finds ints that are passed for parameters of type float: `scale_factor=2`, `value=0`, `p=1`, an
    attribute that holds an int. A literal becomes a float's, any other expression goes through
    float().

Why TorchScript rejects it
    It does not convert an int to a float, as Python does at every call.

Example
    import torch.nn.functional as F
    from torch import nn


    class Double(nn.Module):
        def forward(self, x):
            return F.interpolate(x, scale_factor=2)

Use instead
    import torch.nn.functional as F
    from torch import nn


    class Double(nn.Module):
        def forward(self, x):
            return F.interpolate(x, scale_factor=2.0)

When it is refused
    Never at such a call. What a layer of torch was made with is layer-with-int's to find.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.float_parameters import float_arguments
from tracefix.facts.rejected_arguments import rejected_arguments
from tracefix.model import Outcome, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.number_as_float import as_float

RULE = Rule(
    slug="int-where-float",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"'(Optional\[)?(List\[)?float\]*' for argument '\w+' but instead found type",),
)

_SEQUENCES = ("List[int]", "Tuple[int, int]", "Tuple[int, int, int]")


def find(facts: Facts) -> Iterator[Hit]:
    """Ints for the parameters of torch's own functions that are known to be floats."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        for argument in float_arguments(call, facts):
            if _takes_ints(facts.types.of(argument)):
                yield _hit(argument)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """Ints for any parameter that torch calls a float, those of the project's functions too."""
    for rejected in rejected_arguments(outcome, facts):
        if (
            isinstance(rejected.node, ast.Call)
            and facts.unit.resolve(rejected.node.func) == "float"
        ):
            continue  # written since torch spoke
        if "float" in rejected.wanted and _takes_ints(rejected.given):
            yield _hit(rejected.node)
            return


def fix(hit: Hit, facts: Facts) -> Change:
    """The same number as a float."""
    assert isinstance(hit.node, ast.expr)
    return Change("make it a float", tuple(_as_float(hit.node, facts)))


def _hit(argument: ast.expr) -> Hit:
    return Hit(argument, f"{ast.unparse(argument)} is an int where a float is taken")


def _takes_ints(type_: object) -> bool:
    return type_ == "int" or type_ in _SEQUENCES


def _as_float(node: ast.expr, facts: Facts) -> Iterator[Edit]:
    if isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from _as_float(element, facts)
    elif facts.types.of(node) in _SEQUENCES:
        yield replace(node, "[float(number) for number in {numbers}]", numbers=node)
    else:
        yield as_float(node, facts)
