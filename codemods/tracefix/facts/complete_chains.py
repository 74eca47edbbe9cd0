"""Chains of tests of which one always holds: `elif not flag:`, or a number that is 0, 1 or 2."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

# Functions of torch that give one of a few numbers, or raise.
_GIVES: Mapping[str, frozenset[object]] = {
    "torch.nn.functional._Reduction.get_enum": frozenset({0, 1, 2}),
    "torch.nn._reduction.get_enum": frozenset({0, 1, 2}),
}
# Of `<` and `>=` neither holds for what is no number.
_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_PLAIN = (
    ast.Name, ast.Attribute, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Tuple,
    ast.List, ast.cmpop, ast.boolop, ast.unaryop, ast.expr_context,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class CompleteChain:
    """An `if` with its `elif`s, and without an `else`, of which one is always taken."""

    links: tuple[ast.If, ...]

    @property
    def arms(self) -> list[ast.stmt]:
        return [statement for link in self.links for statement in link.body]


def complete_chains(facts: Facts) -> Iterator[CompleteChain]:
    """Those of what forward reaches."""
    for node in facts.in_forward(ast.If):
        assert isinstance(node, ast.If)
        links = _links(node, facts.unit)
        if len(links) > 1 and not links[-1].orelse:
            tests = [link.test for link in links]
            if _is_negated(tests) or _takes_every_value(tests, facts):
                yield CompleteChain(links)


def _links(head: ast.If, unit: Unit) -> tuple[ast.If, ...]:
    """An `if` and each `elif` of it; nothing for an `elif`."""
    if _is_elif(head, unit):
        return ()
    links = [head]
    while len(links[-1].orelse) == 1:
        following = links[-1].orelse[0]
        if not isinstance(following, ast.If) or not _is_elif(following, unit):
            break
        links.append(following)
    return tuple(links)


def _is_elif(node: ast.If, unit: Unit) -> bool:
    return unit.source.text.startswith("elif", unit.span(node).start)


def _is_negated(tests: Sequence[ast.expr]) -> bool:
    """Whether the last test says the opposite of one before, which is worked out without effect."""
    *earlier, last = tests
    if not all(isinstance(n, _PLAIN) for test in tests for n in walk(test)):
        return False
    opposite = _opposite(last)
    return opposite is not None and ast.unparse(opposite) in map(ast.unparse, earlier)


def _opposite(test: ast.expr) -> ast.expr | None:
    """What holds where a test does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        op = _OPPOSITE.get(type(test.ops[0]))
        return ast.Compare(test.left, [op()], test.comparators) if op is not None else None
    return ast.UnaryOp(ast.Not(), test)


def _takes_every_value(tests: Sequence[ast.expr], facts: Facts) -> bool:
    """Whether the tests compare one variable with each of the values that it can have."""
    names: list[ast.Name] = []
    values: set[object] = set()
    for test in tests:
        if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
            return False
        right = test.comparators[-1]
        if len(test.ops) > 1 or not isinstance(right, ast.Constant):
            return False
        if not isinstance(test.left, ast.Name):
            return False
        names.append(test.left)
        values.add(right.value)
    possible = {_values_of(name, facts) for name in names}
    known = possible.pop()
    return not possible and bool(known) and known <= values


def _values_of(name: ast.Name, facts: Facts) -> frozenset[object]:
    """The values that a variable may have; none where they are not known."""
    function = facts.unit.function_of(name)
    if not isinstance(function, FunctionNode):
        return frozenset()
    given = facts.flow(function).reads.get(name, frozenset())
    if len(given) != 1:
        return frozenset()
    holder = facts.unit.parents.get(next(iter(given)))
    if not isinstance(holder, ast.Assign) or not isinstance(holder.value, ast.Call):
        return frozenset()
    return _GIVES.get(facts.unit.resolve(holder.value.func) or "", frozenset())
