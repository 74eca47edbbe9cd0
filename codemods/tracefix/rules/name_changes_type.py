"""Use one name for values of two types.

What it does
    Finds variables that a branch or a loop gives a value of another type than they had, where
    nothing reads the one value for the other. The inner one gets a name of its own.

Why TorchScript rejects it
    A variable keeps its type through branches and loops: "previously had type List[int] but is
    now being assigned to a value of type int".

Example
    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x):
            size = x.shape
            for i in range(2):
                size = x.size(0)
                x = x * size
            return x

Use instead
    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x):
            size = x.shape
            for i in range(2):
                size_2 = x.size(0)
                x = x * size_2
            return x

When it is refused
    Where one read may see both values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.assignments import Assigned, assigned_names
from tracefix.facts.types import Type
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="name-changes-type",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"previously had type .* but is now being assigned to a value of type",),
)
_NUMBERS_AND_TENSOR = frozenset({"bool", "int", "float", "number", "Tensor"})


def find(facts: Facts) -> Iterator[Hit]:
    """Nested assignments to a variable that had another type on the way there."""
    for name in assigned_names(facts):
        replaced = facts.flow(name.function).replaced
        for target, value in name.values.items():
            if not name.is_nested(target, facts.unit):
                continue
            block = facts.unit.block_of(facts.unit.statement(target))
            around = [d for d in replaced[target] if not _stands_in(d, block, facts)]
            types = [facts.types.of(earlier) for earlier in name.given_by(around)]
            if any(_differ(facts.types.of(value), earlier) for earlier in types):
                yield Hit(target, f"{name.name} had a value of another type", name)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A new name for the value, where it and its reads stand apart from the others."""
    assert isinstance(hit.node, ast.Name)
    assert isinstance(hit.detail, Assigned)
    reads = facts.flow(hit.detail.function).reads
    web: set[ast.AST] = {hit.node}
    readers: set[ast.Name] = set()
    for _ in hit.detail.values:  # as often as the web can grow
        readers = {n for n in reads if reads[n] & web}
        web |= {d for n in readers for d in reads[n]}
        web |= {n for n in readers if n in hit.detail.values}  # `name += 1` reads and gives
    types = {facts.types.of(value) for value in hit.detail.given_by(web)}
    if len(types) != 1 or not web <= set(hit.detail.values):
        return Refusal(f"a read of {hit.detail.name} may see values of both types")
    fresh = facts.fresh(hit.detail.name)
    edits = tuple(replace(n, fresh) for n in {*readers, *web} if isinstance(n, ast.Name))
    return Change(f"a name of its own: {fresh}", edits)


def _stands_in(definition: ast.AST, block: list[ast.stmt], facts: Facts) -> bool:
    """Whether a definition is of the very block: within one a variable may change its type."""
    return facts.unit.parents.get(definition) in block


def _differ(one: Type, other: Type) -> bool:
    """Whether two types are known, and not alike; None and numbers are other rules' matter."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    known = {one, other}
    return len(known) == 2 and "None" not in known and not known <= _NUMBERS_AND_TENSOR
