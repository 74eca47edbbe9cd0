"""Spread a dictionary of options into a call: `F.interpolate(x, **options)`.

What it does
    Writes the options into the call, where the dictionary is written out nearby.

Why TorchScript rejects it
    "keyword-arg expansion is not supported".

Example
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Up(nn.Module):
        def forward(self, x):
            options = dict(mode="bilinear", align_corners=True)
            return F.interpolate(x, size=(8, 8), **options)

Use instead
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Up(nn.Module):
        def forward(self, x):
            return F.interpolate(x, size=(8, 8), mode="bilinear", align_corners=True)

When it is refused
    Where the dictionary comes from elsewhere, is changed or read in other ways, or has values that are
    computed. An attribute's dictionary must be one that __init__ writes out with literals.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.spread_dicts import Spread, assignment_of, items, spreads
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="keyword-expansion",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"keyword-arg expansion is not supported",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first spreading of each dictionary in a function."""
    seen: set[tuple[ast.AST, str]] = set()
    for spread in spreads(facts):
        place = (spread.function, ast.unparse(spread.keyword.value))
        if place not in seen:
            seen.add(place)
            yield Hit(spread.keyword, f"TorchScript cannot spread {place[1]}", spread)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The options in each call."""
    spread = hit.detail
    assert isinstance(spread, Spread)
    value = spread.keyword.value
    given = items(value, facts)
    if given is not None:
        return Change("write the options out", (_written(spread, given),))
    assignment = assignment_of(spread, facts)
    if isinstance(assignment, str):
        return Refusal(assignment)
    given = items(assignment.value, facts)
    if given is None:
        return Refusal(f"{ast.unparse(value)} is no dictionary that is written out")
    local = isinstance(value, ast.Name)
    if not all(_is_lasting(item, local, spread, facts) for item in given.values()):
        return Refusal(f"a value in {ast.unparse(value)} is computed")
    same = [s for s in spreads(facts) if s.function is spread.function and _alike(s, spread)]
    edits: list[Edit] = [_written(each, given) for each in same]
    if local:
        edits.append(remove(assignment))
    return Change("write the options out", tuple(edits))


def _alike(one: Spread, other: Spread) -> bool:
    return ast.unparse(one.keyword.value) == ast.unparse(other.keyword.value)


def _written(spread: Spread, given: dict[str, ast.expr]) -> Edit:
    holes: dict[str, Hole] = {f"value_{name}": item for name, item in given.items()}
    return replace(spread.keyword, ", ".join(f"{name}={{value_{name}}}" for name in given), **holes)


def _is_lasting(item: ast.expr, local: bool, spread: Spread, facts: Facts) -> bool:
    """Whether a value is the same at the call as where the dictionary was made."""
    if isinstance(item, ast.UnaryOp):
        item = item.operand
    if isinstance(item, ast.Constant):
        return True
    if not local:
        return False
    if isinstance(item, ast.Name):
        return not facts.unit.binders(spread.function, item.id)
    if not isinstance(item, ast.Attribute) or not is_self_attribute(item):
        return False
    stored = (n for n in walk(spread.function) if isinstance(n, ast.Attribute))
    return not any(is_self_attribute(n, item.attr) and _is_stored(n) for n in stored)


def _is_stored(node: ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)
