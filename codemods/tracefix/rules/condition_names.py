"""Conditions that ask the same, and names for the attributes that keep their answers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from tracefix.facts import Facts
from tracefix.facts.fixed_conditions import Condition, asks_for_none
from tracefix.facts.tree import walk

_WORDS: tuple[tuple[type[ast.cmpop], str], ...] = (
    (ast.NotEq, "is_not"), (ast.IsNot, "is_not"), (ast.Eq, "is"), (ast.Is, "is"),
    (ast.GtE, "at_least"), (ast.Gt, "above"), (ast.LtE, "at_most"), (ast.Lt, "below"),
    (ast.NotIn, "not_in"), (ast.In, "in"),
)  # fmt: skip
_LONGEST_NAME = 40


def first_of_each(conditions: Iterable[Condition]) -> Sequence[Condition]:
    """The first of all conditions that ask the same in a class, in order."""
    first: dict[tuple[ast.ClassDef, str], Condition] = {}
    for condition in conditions:
        first.setdefault(condition.question, condition)
    return tuple(first.values())


def same_as(condition: Condition, others: Iterable[Condition]) -> Iterator[Condition]:
    """The conditions that ask what one asks, itself among them."""
    return (other for other in others if other.question == condition.question)


def gives_bool(test: ast.expr) -> bool:
    """Whether a test is a bool by its form: a comparison, `not`, or several of them joined."""
    if isinstance(test, ast.BoolOp):
        return all(gives_bool(value) for value in test.values)
    return isinstance(test, ast.Compare | ast.UnaryOp) and not isinstance(
        getattr(test, "op", None), ast.USub
    )


def named(test: ast.expr) -> str:
    """`stride_is_2` for `self.stride == 2`."""
    if isinstance(test, ast.Attribute):
        return f"has_{test.attr.strip('_')}"
    if isinstance(test, ast.Name):
        return test.id.strip("_").lower()
    if isinstance(test, ast.Call) and isinstance(test.args[-1], ast.Constant):  # hasattr(F, "gelu")
        return f"has_{_side(test.args[-1])}"
    if isinstance(test, ast.UnaryOp):
        return f"not_{named(test.operand)}"
    if isinstance(test, ast.BoolOp):
        joint = "_and_" if isinstance(test.op, ast.And) else "_or_"
        return joint.join(named(value) for value in test.values)
    if not isinstance(test, ast.Compare) or len(test.ops) > 1:
        return "settled"
    if isinstance(test.ops[0], ast.IsNot) and asks_for_none(test):
        if isinstance(test.left, ast.Attribute):
            return named(test.left)
    word = next(word for kind, word in _WORDS if isinstance(test.ops[0], kind))
    return f"{_side(test.left)}_{word}_{_side(test.comparators[0])}"


def _side(node: ast.expr) -> str:
    return re.sub(r"[\W_]+", "_", ast.unparse(node).replace("self.", "")).strip("_").lower()


def fresh_attribute(name: str, facts: Facts) -> str:
    """`name` as an attribute that nothing in the file has yet."""
    if len(name) > _LONGEST_NAME or not name.isidentifier():
        name = "settled"
    taken = {n.attr for n in walk(facts.unit.tree) if isinstance(n, ast.Attribute)}
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
