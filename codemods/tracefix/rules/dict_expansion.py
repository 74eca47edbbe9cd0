"""Spread a dict in another: `{**losses, "total": total}`.

What it does
    Copies the first dict with `dict(...)`, or starts with the keys that come before it, and adds
    what follows: `update` for a dict, an assignment for a key.

Why TorchScript rejects it
    "Dict expansion (e.g. `{**dict}`) is not supported".

Example
    from typing import Dict

    import torch
    from torch import nn


    class Total(nn.Module):
        def forward(self, losses: Dict[str, torch.Tensor]):
            total = losses["a"] + losses["b"]
            return {**losses, "total": total}

Use instead
    from typing import Dict

    import torch
    from torch import nn


    class Total(nn.Module):
        def forward(self, losses: Dict[str, torch.Tensor]):
            total = losses["a"] + losses["b"]
            merged = dict(losses)
            merged["total"] = total
            return merged

When it is refused
    Where the dict is not made each time that its statement runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.local_names import fresh_local, name_given
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="dict-expansion",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # what stands before it in its statement is worked out after it
    answers=(r"Dict expansion",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Dicts that are written out with another dict spread in them."""
    for node in facts.in_forward(ast.Dict):
        assert isinstance(node, ast.Dict)
        if None in node.keys and not _is_spread_in_call(node, facts):
            yield Hit(node, "TorchScript cannot spread a dict in another")


def _is_spread_in_call(node: ast.Dict, facts: Facts) -> bool:
    """`f(**{**a})` is another matter."""
    above = facts.unit.parents[node]
    return isinstance(above, ast.keyword) and above.arg is None


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The dict made step by step."""
    made = hit.node
    assert isinstance(made, ast.Dict)
    reason = why_not_hoisted(made, facts.unit)
    if reason is not None:
        return Refusal(reason)
    function = facts.unit.function_of(made)
    assert function is not None
    given = name_given(made, facts.unit)
    if any(isinstance(n, ast.Name) and n.id == given for n in walk(made)):
        given = None  # the steps would read what they have begun to make
    name = given or fresh_local("merged", function, facts.unit)
    template, holes = _steps(made, name)
    statement = facts.unit.statement(made)
    if given is not None:
        return Change("make it step by step", (replace(statement, template, **holes),))
    edits = (before(statement, template, **holes), replace(made, name))
    return Change("make it step by step", edits)


def _steps(made: ast.Dict, name: str) -> tuple[str, dict[str, Hole]]:
    """The statements as a template, and what fills it."""
    holes: dict[str, Hole] = {f"value{n}": value for n, value in enumerate(made.values)}
    holes |= {f"key{n}": key for n, key in enumerate(made.keys) if key is not None}
    first = made.keys.index(None)
    pairs = ", ".join(f"{{key{n}}}: {{value{n}}}" for n in range(first))
    lines = [f"{name} = dict({{value0}})"]
    if first:
        lines = [f"{name} = {{{{{pairs}}}}}", f"{name}.update({{value{first}}})"]
    for number in range(first + 1, len(made.values)):
        spread = made.keys[number] is None
        value = f"{{value{number}}}"
        lines.append(f"{name}.update({value})" if spread else f"{name}[{{key{number}}}] = {value}")
    return "\n".join(lines), holes
