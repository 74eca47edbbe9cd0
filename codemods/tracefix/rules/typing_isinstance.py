"""Ask isinstance() with a name of typing: `isinstance(x, List)`.

What it does
    Writes the class that the name stands for: Python's isinstance() finds in `typing.List` what it
    finds in `list`.

Why TorchScript rejects it
    To it List is a type that lacks what it holds: "Attempted to use List without a contained type".

Example
    from typing import List, Tuple

    import torch
    from torch import nn


    class Joined(nn.Module):
        def forward(self, x):
            if isinstance(x, (List, Tuple)):
                x = torch.cat(x, dim=1)
            return x * 2

Use instead
    from typing import List, Tuple

    import torch
    from torch import nn


    class Joined(nn.Module):
        def forward(self, x):
            if isinstance(x, (list, tuple)):
                x = torch.cat(x, dim=1)
            return x * 2

When it is refused
    Where the file or the function has given the class's own name to something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="typing-isinstance",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"Attempted to use (List|Tuple|Dict|Set) without a contained type",),
)
_CLASSES = {f"typing.{c.title()}": c for c in ("list", "tuple", "dict", "set")}


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of isinstance() with List, Tuple, Dict or Set."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if len(call.args) != 2 or facts.unit.resolve(call.func) != "isinstance":
            continue
        asked = call.args[1]
        classes = asked.elts if isinstance(asked, ast.Tuple) else [asked]
        generic = [c for c in classes if facts.unit.resolve(c) in _CLASSES]
        if generic:
            names = ", ".join(ast.unparse(c) for c in generic)
            yield Hit(call, f"isinstance() is asked for {names}", generic)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The classes themselves."""
    assert isinstance(hit.detail, list)
    classes = {node: _CLASSES[facts.unit.resolve(node) or ""] for node in hit.detail}
    for name in classes.values():
        if name in facts.once(_given_names):
            return Refusal(f"{name} stands for something else here")
    return Change("name the class", tuple(replace(n, text) for n, text in classes.items()))


def _given_names(facts: Facts) -> frozenset[str]:
    """What the file, and the functions that forward reaches, give names to."""
    functions = facts.forward_functions
    bound = {name for function in functions for name in facts.unit.bound_names(function)}
    return frozenset({*bound, *facts.unit.globals, *facts.unit.functions, *facts.unit.imports})
