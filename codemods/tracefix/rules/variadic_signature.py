"""Take whatever arguments come with `*args`, `**kwargs` or behind a bare star.

What it does
    Makes keyword-only parameters plain ones, which take every call that they took. Where `*args`
    and `**kwargs` are handed on to one call, writes the parameters that are taken there: all other
    arguments were a TypeError before. Takes out `**kwargs` that nothing uses or that the run has
    passed on empty, and gives names to the values that the run has passed for `*args`. A call with
    other arguments then fails: that is written with --unsafe only, except for functions that are
    private by their name and called without.

Why TorchScript rejects it
    "Compiled functions can't take variable number of arguments or use keyword-only arguments with
    defaults".

Example
    import torch
    from torch import nn


    class Scaled(nn.Module):
        def forward(self, x, *, scale: float = 1.0):
            return x * scale

Use instead
    import torch
    from torch import nn


    class Scaled(nn.Module):
        def forward(self, x, scale: float = 1.0):
            return x * scale

When it is refused
    Where forward does something else with `**kwargs` than passing it on, where the run passed
    keywords or different numbers of arguments, and where no run shows how many there are. What the
    module in `self.fn` takes is known if the project's own code constructs what __init__ is handed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.literals import literal_int
from tracefix.facts.observed import spelled
from tracefix.facts.passed_on import PassedOn, passed_on
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.facts.variadic import (
    expansions,
    is_called_plainly,
    is_rebound,
    passed_types,
    passes_no_keywords,
    uses,
)
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, plain_parameters, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="variadic-signature",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.ASK,
    answers=(r"can't take variable number of arguments",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Functions with stars in their signature."""
    for function in facts.forward_functions:
        args = function.args
        optional = any(default is not None for default in args.kw_defaults)
        if args.vararg or args.kwarg or optional:
            yield Hit(function, f"TorchScript wants plain parameters of {function.name}")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The signature without stars, and the body with what stood for them."""
    function = hit.node
    assert isinstance(function, FunctionNode)
    handed_on = _handed_on(function, facts)
    if handed_on is not None:
        return handed_on
    obstacle = _obstacle(function, facts)
    if obstacle is not None:
        return Refusal(obstacle)
    edits: list[Edit] = []
    types: list[str] = []
    if function.args.kwarg is not None:
        edits += [replace(passed, "") for passed in expansions(function, facts)]
    if function.args.vararg is not None:
        types = _types(function, facts)
        edits += _uses_of_args(function, _names(function, len(types), facts), facts)
    spelling = [written(type_, facts.unit) for type_ in types]
    instead = _parameters(_names(function, len(types), facts), spelling)
    edits.append(plain_parameters(function, instead))
    narrows = function.args.vararg is not None or function.args.kwarg is not None
    safety = (
        Safety.SAFE
        if not narrows
        else Safety.PROVEN if is_called_plainly(function, facts) else Safety.ASK
    )
    imports = imports_for(spelling, facts.unit)
    return Change("take plain parameters", tuple(edits), imports, safety)


def _handed_on(function: FunctionNode, facts: Facts) -> Change | None:
    """The parameters of what the stars are handed on to, in their place."""
    args = function.args
    if (args.vararg is None and args.kwarg is None) or args.posonlyargs or not args.args:
        return None
    found = passed_on(function, facts)
    if isinstance(found, str) or not _fits(found, function):
        return None
    edits: list[Edit] = []
    for star in found.stars:
        starred = isinstance(star, ast.Starred)
        taken = [n for n in found.accepted if n.by_position is starred]
        names = (n.name if starred else f"{n.name}={n.name}" for n in taken)
        edits.append(replace(star, ", ".join(names)))
    parameters = ", ".join(n.text for n in found.accepted).replace("{", "{{").replace("}", "}}")
    edits.append(plain_parameters(function, parameters))
    safety = Safety.PROVEN if found.always else Safety.ASK
    return Change("take the parameters that it passes on", tuple(edits), (), safety)


def _fits(found: PassedOn, function: FunctionNode) -> bool:
    """Whether the names are free in the function, and none without default follows one with."""
    body = (n for statement in function.body for n in walk(statement))
    taken = {n.id for n in body if isinstance(n, ast.Name)}
    optional = [True] * bool(function.args.defaults)
    optional += [n.has_default for n in found.accepted]
    optional += [default is not None for default in function.args.kw_defaults]
    free = taken.isdisjoint(n.name for n in found.accepted)
    return free and optional == sorted(optional)


def _obstacle(function: FunctionNode, facts: Facts) -> str | None:
    args = function.args
    optional = [True] * bool(args.defaults) + [d is not None for d in args.kw_defaults]
    if optional != sorted(optional):
        return "a keyword-only parameter without default would follow one that has one"
    if args.posonlyargs or not args.args:
        return "it does not start with a plain self"
    if args.vararg is not None and is_rebound(function, args.vararg):
        return f"{args.vararg.arg} is given another value"
    if args.kwarg is not None:
        used = uses(function, args.kwarg.arg)
        if len(used) != len(list(expansions(function, facts))):
            return f"{args.kwarg.arg} is not only passed on"
        if used and not passes_no_keywords(function, facts):
            return f"nothing shows that {args.kwarg.arg} is empty"
    if args.vararg is not None and _used(function, args.vararg):
        types = passed_types(function, facts)
        if types is None:
            return f"nothing shows how many values {args.vararg.arg} holds"
        if any(spelled([type_]) is None for type_ in types):
            return f"{args.vararg.arg} holds what TorchScript has no type for"
        if args.defaults and types:
            return f"{args.vararg.arg} comes behind a parameter with a default"
    return None


def _used(function: FunctionNode, parameter: ast.arg) -> bool:
    return bool(uses(function, parameter.arg))


def _types(function: FunctionNode, facts: Facts) -> list[str]:
    assert function.args.vararg is not None
    if not _used(function, function.args.vararg):
        return []  # what nothing uses is not taken either
    return [str(spelled([type_])) for type_ in passed_types(function, facts) or []]


def _names(function: FunctionNode, count: int, facts: Facts) -> list[str]:
    """`inputs` becomes `input_1`, `input_2` ..., or `input` alone."""
    assert count == 0 or function.args.vararg is not None
    if count == 0 or function.args.vararg is None:
        return []
    stem = function.args.vararg.arg
    stem = stem[:-1] if stem.endswith("s") and len(stem) > 2 else stem
    if count == 1:
        return [facts.fresh(stem) if stem != function.args.vararg.arg else stem]
    return [facts.fresh(f"{stem}_{number}") for number in range(1, count + 1)]


def _parameters(names: list[str], types: list[str]) -> str:
    """The parameters as text; what has no type is a Tensor to TorchScript."""
    pairs = zip(names, types, strict=True)
    return ", ".join(n if t.endswith("Tensor") and "[" not in t else f"{n}: {t}" for n, t in pairs)


def _uses_of_args(function: FunctionNode, names: list[str], facts: Facts) -> Iterator[Edit]:
    assert function.args.vararg is not None
    whole = f"({', '.join(names)}{',' if len(names) == 1 else ''})"
    for use in uses(function, function.args.vararg.arg):
        parent = facts.unit.parents[use]
        call = facts.unit.parents.get(parent)
        if isinstance(parent, ast.Starred) and isinstance(call, ast.Call):
            yield replace(parent, ", ".join(names))
        elif (at := _literal_index(parent, use, len(names))) is not None:
            yield replace(parent, names[at])
        else:
            yield replace(use, whole)


def _literal_index(parent: ast.AST, use: ast.Name, count: int) -> int | None:
    """The position in `args[0]`."""
    if not isinstance(parent, ast.Subscript) or parent.value is not use:
        return None
    at = literal_int(parent.slice)
    return at if at is not None and -count <= at < count else None
