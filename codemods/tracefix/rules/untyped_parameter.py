"""Leave out the type of a parameter that is no tensor.

What it does
    Writes the types of parameters that a run, or the default, has shown to be something other than
    a Tensor: `Optional[Tensor]`, `int`, `Tuple[int, int]`, `List[Tensor]` ... Where the run has not
    come, what the calls pass and what the function compares with, unpacks or looks up by name tell
    it. What a function compares with None is an Optional where TorchScript says that it is called
    with one.

Why TorchScript rejects it
    A parameter without a type is a Tensor to TorchScript, whatever its default is and whatever is
    passed to it.

Example
    import torch
    from torch import nn


    class Repeat(nn.Module):
        def forward(self, x, times=2):
            for _ in range(times):
                x = torch.tanh(x)
            return x

Use instead
    import torch
    from torch import nn


    class Repeat(nn.Module):
        def forward(self, x, times: int = 2):
            for _ in range(times):
                x = torch.tanh(x)
            return x

When it is refused
    Where nothing shows the type: a default of None, and no example that passes another value. Where
    the values have several types of which TorchScript has no union.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.compared import asks_for_none
from tracefix.facts.guessed_parameters import type_behind_none, type_by_calls
from tracefix.facts.observed import taken
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.types import default_of
from tracefix.facts.unit import parameters
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, annotate
from tracefix.rules import Rule

RULE = Rule(
    slug="untyped-parameter",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"Tensor \(inferred\)",
        r"undefined Tensor",
        r"for argument '\w+' but instead found type",
        r"NoneType",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Functions with parameters that have no annotation and are surely no Tensor."""
    for function in facts.forward_functions:
        types = _missing(function, facts)
        if types:
            names = ", ".join(p.arg for p in types)
            yield Hit(function, f"TorchScript takes {names} for a Tensor", detail=types)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """Parameters that a call gives an Optional, of functions that ask whether they are None."""
    told = re.search(r"for argument '(\w+)' but instead found type 'Optional", outcome.error)
    for function in facts.forward_functions if told else ():
        assert told is not None
        for parameter in parameters(function):
            if parameter.arg != told[1] or parameter.annotation is not None:
                continue
            type_ = taken({*_seen(function, parameter, facts), "NoneType"})
            given = type_ or f"Optional[{type_behind_none(function, parameter, facts)}]"
            if asks_for_none(function, parameter.arg):
                message = f"TorchScript takes {parameter.arg} for a Tensor"
                yield Hit(parameter, message, detail={parameter: given})


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The types, spelled as the file would."""
    types = hit.detail
    assert isinstance(types, dict)
    unknown = [p.arg for p, type_ in types.items() if type_ is None]
    known = {p: t for p, t in types.items() if t is not None}
    if not known:
        return Refusal(f"nothing shows the type of {', '.join(unknown)}")
    spelling = {p: written(type_, facts.unit) for p, type_ in known.items()}
    edits = tuple(annotate(p, text) for p, text in spelling.items())
    function = facts.unit.function_of(next(iter(known)))
    assert function is not None
    guessed = any(_seen(function, p, facts) <= {"NoneType"} for p in known)
    return Change(
        "write the types",
        edits,
        imports=imports_for(spelling.values(), facts.unit),
        safety=Safety.PROVEN if guessed else None,
    )


def _missing(function: FunctionNode, facts: Facts) -> dict[ast.arg, str | None]:
    """The parameters that need a type, with the type where something shows it."""
    starred = (function.args.vararg, function.args.kwarg)
    found: dict[ast.arg, str | None] = {}
    for parameter in parameters(function):
        if parameter.arg in ("self", "cls") or parameter in starred:
            continue
        if parameter.annotation is not None:
            continue
        type_ = _type_of(function, parameter, facts)
        if type_ != "Tensor":
            found[parameter] = type_
    return {p: t for p, t in found.items() if t is not None or _needs_one(function, p)}


def _needs_one(function: FunctionNode, parameter: ast.arg) -> bool:
    default = default_of(function, parameter)
    return isinstance(default, ast.Constant) and default.value is None


def _type_of(function: FunctionNode, parameter: ast.arg, facts: Facts) -> str | None:
    """The one type of all that is seen."""
    seen = _seen(function, parameter, facts)
    if seen == {"NoneType"}:
        return f"Optional[{type_behind_none(function, parameter, facts)}]"
    return taken(seen) if seen else type_by_calls(function, parameter, facts)


def _seen(function: FunctionNode, parameter: ast.arg, facts: Facts) -> set[str]:
    """What the run has shown together with the default; the default alone where nothing ran."""
    where = (facts.unit.path, facts.unit.qualname(function), parameter.arg)
    seen = set(facts.observed.parameters.get(where, ()))
    default = default_of(function, parameter)
    if default is not None:
        given = facts.types.of(default)
        if isinstance(given, str):
            seen.add("NoneType" if given == "None" else given)
    return seen
