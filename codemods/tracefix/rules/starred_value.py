"""Spread a list among the values of an assignment: `q, k, v = a, *b`.

What it does
    Hands the values out one after the other: those before the star, those that it spreads, and
    those behind it.

Why TorchScript rejects it
    What `chunk` gives, or a size, is a list there, whose length is not known when the tuple is
    compiled: "cannot statically infer the expected size of a list in this context". Taken apart by
    itself, a list may be.

Example
    from torch import nn


    class Attend(nn.Module):
        def __init__(self):
            super().__init__()
            self.to_q = nn.Linear(4, 4)
            self.to_kv = nn.Linear(4, 8)

        def forward(self, x):
            q, k, v = self.to_q(x), *self.to_kv(x).chunk(2, dim=-1)
            return (q @ k.transpose(-2, -1)) @ v

Use instead
    from torch import nn


    class Attend(nn.Module):
        def __init__(self):
            super().__init__()
            self.to_q = nn.Linear(4, 4)
            self.to_kv = nn.Linear(4, 8)

        def forward(self, x):
            q = self.to_q(x)
            k, v = self.to_kv(x).chunk(2, dim=-1)
            return (q @ k.transpose(-2, -1)) @ v

When it is refused
    Where a target is not a plain name, or a later value reads what an earlier one gives anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.facts.handed_out import Share, shares
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="starred-value",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"cannot statically infer the expected size of a list",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Assignments of a display with a star in it."""
    for node in facts.in_forward(ast.Assign):
        assert isinstance(node, ast.Assign)
        handed = shares(node)
        spread = [share.values[0] for share in handed if share.is_spread]
        if spread and not str(facts.types.of(spread[0])).startswith("Tuple["):
            yield Hit(node, "a star spreads a list of unknown length", handed)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """One assignment for each share, in the order in which the values are worked out."""
    assert isinstance(hit.detail, tuple)
    names = [t.id for share in hit.detail for t in share.targets if isinstance(t, ast.Name)]
    if len(names) < sum(len(share.targets) for share in hit.detail):
        return Refusal("a target is not a plain name")
    given = set[str]()
    lines, holes = list[str](), dict[str, Hole]()
    for number, share in enumerate(hit.detail):
        again = sorted(given & _read(share.values))
        if again:
            return Refusal(f"a later value reads {again[0]}, which is given anew before it")
        given |= {t.id for t in share.targets}
        lines.append(_line(share, f"part{number}_"))
        holes |= {f"part{number}_{n}": value for n, value in enumerate(share.values)}
    return Change("hand the values out one by one", (replace(hit.node, "\n".join(lines), **holes),))


def _line(share: Share, prefix: str) -> str:
    names = [ast.unparse(target) for target in share.targets]
    left = f"({names[0]},)" if share.is_spread and len(names) == 1 else ", ".join(names)
    return f"{left} = {', '.join(f'{{{prefix}{n}}}' for n in range(len(share.values)))}"


def _read(values: Sequence[ast.expr]) -> set[str]:
    return {node.id for value in values for node in walk(value) if isinstance(node, ast.Name)}
