"""Ask whether a value is in a set: `mode in {"sum", "mean"}`.

What it does
    Writes the set's elements as a list, where they are constants of one type: behind `in`, and where
    a variable is given the set and only asked by `in`. `set([...])` and `frozenset({...})` are sets
    that are written out, too.

Why TorchScript rejects it
    It has no sets: "Set aren't supported".

Example
    from torch import nn


    class Pool(nn.Module):
        def __init__(self, mode: str = "sum"):
            super().__init__()
            self.mode = mode

        def forward(self, x):
            if self.mode in {"sum", "mean"}:
                x = x.sum(-1)
            return x

Use instead
    from torch import nn


    class Pool(nn.Module):
        def __init__(self, mode: str = "sum"):
            super().__init__()
            self.mode = mode

        def forward(self, x):
            if self.mode in ["sum", "mean"]:
                x = x.sum(-1)
            return x

When it is refused
    Where the elements are no constants of one type. Sets of which more is asked are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="membership-in-set",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # a set raises for what has no hash, such as a list
    answers=(r"Set aren't supported", r"\b(frozen)?set(\(Tensor|'>)"),
)
_HASHABLE = ("str", "int", "float", "bool", "None")


def find(facts: Facts) -> Iterator[Hit]:
    """Sets that are written out behind `in`, or given to a variable that stands there."""
    for node in facts.in_forward(ast.Compare):
        assert isinstance(node, ast.Compare)
        for left, right in _asked(node):
            if _elements(right, facts) is not None:
                yield Hit(right, "TorchScript has no sets", [left])
    for given in facts.in_forward(ast.Assign):
        assert isinstance(given, ast.Assign)
        if _elements(given.value, facts) is not None and len(given.targets) == 1:
            asked = _all_asked(given.targets[0], facts)
            if asked:
                yield Hit(given.value, "TorchScript has no sets", asked)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The elements in a list."""
    given, asked = hit.node, hit.detail
    assert isinstance(given, ast.expr)
    assert isinstance(asked, list)
    listed = _elements(given, facts) or []
    values = [e.value for e in listed if isinstance(e, ast.Constant)]
    if len(values) < len(listed) or len({type(value) for value in values}) > 1:
        return Refusal("its elements are no constants of one type")
    holes = {f"_{n}": element for n, element in enumerate(listed)}
    elements = ", ".join(f"{{{hole}}}" for hole in holes)
    safety = Safety.SAFE if all(facts.types.of(a) in _HASHABLE for a in asked) else None
    return Change("ask a list", (replace(given, f"[{elements}]", **holes),), safety=safety)


def _asked(node: ast.Compare) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What `in` asks for, and of what."""
    sides = [node.left, *node.comparators]
    for left, operator, right in zip(sides, node.ops, node.comparators, strict=False):
        if isinstance(operator, ast.In | ast.NotIn):
            yield left, right


def _all_asked(target: ast.expr, facts: Facts) -> list[ast.expr]:
    """What a variable is asked for by `in`; none where it is read otherwise, or given twice."""
    function = facts.unit.function_of(target)
    if not isinstance(target, ast.Name) or function is None:
        return []
    asked: list[ast.expr] = []
    for node in walk(function):
        if not isinstance(node, ast.Name) or node.id != target.id or node is target:
            continue
        above = facts.unit.parents[node]
        found = (
            [asks for asks, of in _asked(above) if of is node]
            if isinstance(above, ast.Compare)
            else []
        )
        if not found:
            return []
        asked += found
    return asked


def _elements(node: ast.expr, facts: Facts) -> list[ast.expr] | None:
    """The elements of a set that is written out."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        if facts.unit.resolve(node.func) in ("set", "frozenset"):
            inner = node.args[0]
            return inner.elts if isinstance(inner, ast.Set | ast.List | ast.Tuple) else None
    return node.elts if isinstance(node, ast.Set) else None
