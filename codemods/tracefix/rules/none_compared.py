"""Compare with == what may be None: `mode == "sum"`, `x == None`.

What it does
    Asks for None first: `mode is not None and mode == "sum"`. `x == None` becomes `x is None`, and
    None is taken out of `mode in (None, "sum")`, and `None in (a, b)` asks each of them. Of an
    attribute, which TorchScript knows to be None in one instance and not in another, only the arm
    that applies is compiled.

Why TorchScript rejects it
    It has no == between None and something else.

Example
    from typing import Optional

    from torch import nn


    class Reduce(nn.Module):
        def forward(self, x, mode: Optional[str] = None):
            assert mode in (None, "sum", "mean")
            if mode == "sum":
                return x.sum()
            return x

Use instead
    from typing import Optional

    from torch import nn


    class Reduce(nn.Module):
        def forward(self, x, mode: Optional[str] = None):
            assert (mode is None or mode in ("sum", "mean"))
            if mode is not None and mode == "sum":
                return x.sum()
            return x

When it is refused
    Where both sides may be None, where several comparisons are chained, and where None is looked for
    in a list that is not written out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.reach import is_self_attribute
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, Replace, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="none-compared",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"aten::(eq|ne|__contains__)",),
    after=("untyped-parameter",),  # which says what may be None
)

_WITH_NONE = {ast.Eq: "{a} is None", ast.NotEq: "{a} is not None"}
_GUARDED = {
    ast.Eq: ("is not None and", "==", "False"),
    ast.NotEq: ("is None or", "!=", "True"),
    ast.In: ("is not None and", "in", "False"),
    ast.NotIn: ("is None or", "not in", "True"),
}


def find(facts: Facts) -> Iterator[Hit]:
    """Comparisons of None, or of a name or attribute that may be None."""
    for node in facts.in_forward(ast.Compare):
        assert isinstance(node, ast.Compare)
        if not any(type(op) in _GUARDED for op in node.ops):
            continue
        sides = (node.left, *node.comparators)
        if any(_is_none(side) or _may_be_none(side, facts) for side in sides):
            if not _is_asked_before(node, facts):
                yield Hit(node, "what may be None is compared")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """None is asked for first."""
    node = hit.node
    assert isinstance(node, ast.Compare)
    if len(node.ops) > 1:
        return Refusal("several comparisons are chained")
    left, right, op = node.left, node.comparators[0], type(node.ops[0])
    if op in _WITH_NONE and (_is_none(left) or _is_none(right)):
        value = right if _is_none(left) else left
        return Change("use `is`", (replace(node, _WITH_NONE[op], a=value),))
    if _is_none(left):
        return _asked_of_each(node, right, op)
    if isinstance(right, ast.Tuple | ast.List) and any(_is_none(e) for e in right.elts):
        return _without_none(node, left, right, op)
    if _may_be_none(left, facts) and _may_be_none(right, facts):
        return Refusal("both sides may be None")
    unsure = left if _may_be_none(left, facts) else right
    return Change("ask for None first", (_guarded(node, unsure, op, facts),))


def _guarded(node: ast.Compare, unsure: ast.expr, op: type[ast.cmpop], facts: Facts) -> Replace:
    asked, sign, otherwise = _GUARDED[op]
    holes: dict[str, Hole] = {"a": node.left, "b": node.comparators[0]}
    name = ast.unparse(unsure)
    if is_self_attribute(unsure):
        # Of `x is not None and x == 1` both sides are compiled, of a choice one.
        return replace(
            node, f"({{a}} {sign} {{b}} if {name} is not None else {otherwise})", **holes
        )
    return replace(node, f"{name} {asked} {{a}} {sign} {{b}}", **holes)


def _asked_of_each(node: ast.Compare, among: ast.expr, op: type[ast.cmpop]) -> Change | Refusal:
    """`a is None or b is None` for `None in (a, b)`."""
    if not isinstance(among, ast.Tuple | ast.List) or not among.elts:
        return Refusal("None is looked for in what is not written out")
    if not all(isinstance(e, ast.Name) or is_self_attribute(e) for e in among.elts):
        return Refusal("an element is computed, which `or` may pass over")
    holes: dict[str, Hole] = {f"e{n}": element for n, element in enumerate(among.elts)}
    asked, sign = ("is", " or ") if op is ast.In else ("is not", " and ")
    made = replace(node, sign.join(f"{{{name}}} {asked} None" for name in holes), **holes)
    return Change("ask each of them", (made,))


def _without_none(
    node: ast.Compare, left: ast.expr, right: ast.Tuple | ast.List, op: type[ast.cmpop]
) -> Change | Refusal:
    rest = [e for e in right.elts if not _is_none(e)]
    if not isinstance(left, ast.Name) or not rest:
        return Refusal("what is looked for would be computed twice")
    holes: dict[str, Hole] = {f"e{n}": element for n, element in enumerate(rest)}
    inner = ", ".join(f"{{{name}}}" for name in holes) + ("," if len(rest) == 1 else "")
    asked, sign = ("is None or", "in") if op is ast.In else ("is not None and", "not in")
    made = replace(node, f"{left.id} {asked} {left.id} {sign} ({inner})", **holes)
    return Change("ask for None first", (made,))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _may_be_none(node: ast.expr, facts: Facts) -> bool:
    if not isinstance(node, ast.Name) and not is_self_attribute(node):
        return isinstance(node, ast.Tuple | ast.List) and any(_is_none(e) for e in node.elts)
    type_ = facts.types.of(node)
    return isinstance(type_, str) and (type_ == "None" or type_.startswith("Optional["))


def _is_asked_before(node: ast.Compare, facts: Facts) -> bool:
    """Whether a test around or in front of the comparison has settled that it is not of None."""
    names = {ast.unparse(side) for side in (node.left, *node.comparators)}
    inner: ast.AST = node
    for around in facts.unit.ancestors(node):
        if isinstance(around, ast.BoolOp):
            before = around.values[: around.values.index(inner)]  # type: ignore[arg-type]
            kind = ast.IsNot if isinstance(around.op, ast.And) else ast.Is
            if any(_asks(test, kind, names) for test in before):
                return True
        elif isinstance(around, ast.If | ast.IfExp) and inner is not around.test:
            body = around.body if isinstance(around.body, list) else [around.body]
            kind = ast.IsNot if inner in body else ast.Is
            if any(_asks(test, kind, names) for test in _parts(around.test, kind)):
                return True
        inner = around
    return False


def _parts(test: ast.expr, kind: type[ast.cmpop]) -> list[ast.expr]:
    """What all holds where `a and b` holds, or fails where `a or b` fails."""
    joined = ast.And if kind is ast.IsNot else ast.Or
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, joined) else [test]


def _asks(test: ast.expr, kind: type[ast.cmpop], names: set[str]) -> bool:
    """Whether a test is `name is None`, or `is not None`."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    asked = isinstance(test.ops[0], kind) and _is_none(test.comparators[0])
    return asked and ast.unparse(test.left) in names
