"""Map a function over a sequence.

What it does
    Finds `map(f, xs)` and `map(lambda x: ..., xs)`, and writes the comprehension that does the same:
    a list where it is unpacked or made a list at once, a generator elsewhere.

Why TorchScript rejects it
    It has no lambdas and no `map`: "Lambda aren't supported", "builtin cannot be used as a value".

Example
    import torch
    from torch import nn


    class Heads(nn.Module):
        def forward(self, x):
            q, k, v = map(lambda t: t.unflatten(-1, (2, -1)), x.chunk(3, dim=-1))
            return q + k + v

Use instead
    import torch
    from torch import nn


    class Heads(nn.Module):
        def forward(self, x):
            q, k, v = [t.unflatten(-1, (2, -1)) for t in x.chunk(3, dim=-1)]
            return q + k + v

When it is refused
    Where the lambda has parameters with defaults or starred ones, or another number of them than
    there are sequences, and where a sequence is starred.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.local_names import fresh_local, singular
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="map-call",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"Lambda aren't supported",
        r"builtin cannot be used as a value",
        r"cannot be used as a tuple",
        r"Python builtin <class 'map'>",
    ),
)


@dataclass(frozen=True, eq=False)
class _Map:
    """A call of map, and the expression that consumes it at once."""

    call: ast.Call
    place: ast.expr  # what the comprehension stands for: `map(...)`, `list(map(...))`
    template: str  # with {made} for the comprehension without brackets
    holes: dict[str, Hole]


def find(facts: Facts) -> Iterator[Hit]:
    """Every call of map()."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) == "map" and len(call.args) > 1:
            yield Hit(call, "TorchScript has no map()", _consumed(call, facts))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The comprehension."""
    found = hit.detail
    assert isinstance(found, _Map)
    function, sequences = found.call.args[0], found.call.args[1:]
    if any(isinstance(s, ast.Starred) for s in found.call.args):
        return Refusal("a sequence is starred")
    holes: dict[str, Hole] = {f"over{n}": s for n, s in enumerate(sequences)}
    over = ", ".join(f"{{{name}}}" for name in holes)
    if len(sequences) > 1:
        over = f"zip({over})"
    if isinstance(function, ast.Lambda):
        names = _plain_parameters(function)
        if names is None or len(names) != len(sequences):
            return Refusal("the lambda's parameters are not one for each sequence")
        holes["value"] = function.body
        value = "{value}"
    else:
        names = _names(sequences, facts)
        holes["f"] = function
        value = f"{{f}}({', '.join(names)})"
    made = f"{value} for {', '.join(names)} in {over}"
    template = found.template.replace("{made}", made)
    edit = replace(found.place, template, **holes, **found.holes)
    return Change("write a comprehension", (edit,))


def _consumed(call: ast.Call, facts: Facts) -> _Map:
    """What takes the values: an unpacking, list(), another call, or something that may wait."""
    above = facts.unit.parents[call]
    if isinstance(above, ast.Call) and above.args == [call] and not above.keywords:
        name = facts.unit.resolve(above.func)
        if name == "list" or (name == "tuple" and _is_unpacked(above, facts)):
            return _Map(call, above, "[{made}]", {})
        return _Map(call, above, "{taker}({made})", {"taker": above.func})
    brackets = "[{made}]" if _is_unpacked(call, facts) else "({made})"
    return _Map(call, call, brackets, {})


def _is_unpacked(value: ast.expr, facts: Facts) -> bool:
    """Whether `a, b = value` takes all values at once."""
    above = facts.unit.parents[value]
    if isinstance(above, ast.Starred):
        return True
    unpacks = isinstance(above, ast.Assign) and above.value is value
    return (
        unpacks
        and isinstance(above, ast.Assign)
        and all(isinstance(target, ast.Tuple | ast.List) for target in above.targets)
    )


def _plain_parameters(function: ast.Lambda) -> list[str] | None:
    args = function.args
    if args.vararg or args.kwarg or args.kwonlyargs or args.defaults:
        return None
    return [a.arg for a in (*args.posonlyargs, *args.args)]


def _names(sequences: list[ast.expr], facts: Facts) -> list[str]:
    """A name for an element of each sequence."""
    function = facts.unit.function_of(sequences[0])
    assert function is not None
    taken: list[str] = []
    for sequence in sequences:
        last = sequence.attr if isinstance(sequence, ast.Attribute) else None
        plain = sequence.id if isinstance(sequence, ast.Name) else last
        wanted = singular(plain) if plain and singular(plain) != plain else "item"
        taken.append(fresh_local(wanted, function, facts.unit, taken))
    return taken
