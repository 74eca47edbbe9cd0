"""Which argument of which call torch's error is about: `Expected a value of type 'float' ...`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.torch_types import split_top
from tracefix.facts.tree import walk
from tracefix.model import Outcome, Place

if TYPE_CHECKING:
    from tracefix.facts import Facts

_VARIANT = re.compile(
    r"(?P<function>[\w:]+)(\.\w+)?\((?P<parameters>[^\n]*)\) ->[^\n]*\n?\s*"
    r"Expected a value of type '(?P<wanted>[^'\n]+)' for argument '(?P<parameter>\w+)' "
    r"but instead found type '(?P<given>[^'\n]+)'"
)


@dataclass(frozen=True, eq=False)
class RejectedArgument:
    """An argument as it was written, and how torch describes the mismatch."""

    node: ast.expr
    parameter: str
    wanted: str
    given: str


def rejected_arguments(outcome: Outcome, facts: Facts) -> Iterator[RejectedArgument]:
    """The arguments that each variant of the function called at the error's place rejects."""
    place = outcome.place
    if place is None or place.path != facts.unit.path:
        return
    for told in _VARIANT.finditer(outcome.error):
        function = told["function"].rpartition(":")[2]
        for call in _calls_at(place, function, facts):
            node = _argument(call, told["parameter"], told["parameters"], facts)
            if node is not None:
                given = told["given"].removesuffix(" (inferred)")
                yield RejectedArgument(node, told["parameter"], told["wanted"], given)


def _calls_at(place: Place, function: str, facts: Facts) -> list[ast.Call]:
    """The calls of a function that start at a place, or stand in its line where none does."""
    named = [
        node
        for node in walk(facts.unit.tree)
        if isinstance(node, ast.Call)
        and node.lineno <= place.line <= (node.end_lineno or node.lineno)
        and _is_named(node.func, function)
    ]
    exact = [call for call in named if facts.unit.place(call) == place]
    return exact or named


def _is_named(func: ast.expr, function: str) -> bool:
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return function in (name, f"_{name}")  # F.threshold is _threshold to torch


def _argument(call: ast.Call, parameter: str, signature: str, facts: Facts) -> ast.expr | None:
    """What a call gives to a parameter, by its name or its place in torch's signature."""
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    names = [_name(part) for part in split_top(signature)]
    if names[:1] == ["self"] and not _takes_self(call, facts):
        names = names[1:]
    if parameter not in names:
        return None
    at = names.index(parameter)
    before = call.args[: at + 1]
    if len(before) <= at or any(isinstance(argument, ast.Starred) for argument in before):
        return None
    return before[at]


def _name(parameter: str) -> str:
    """`p` of "float p=2."."""
    return parameter.partition("=")[0].split()[-1] if parameter.strip() else ""


def _takes_self(call: ast.Call, facts: Facts) -> bool:
    """Whether the tensor is an argument, as in torch.sum(x), rather than what stands before the dot."""
    return isinstance(call.func, ast.Name) or (facts.unit.resolve(call.func) or "").startswith(
        "torch."
    )
