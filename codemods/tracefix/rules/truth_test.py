"""Test for truth what is a module, or may be None.

What it does
    Finds `if self.down:`, `not mask` and `state or self.initial` where what is tested is a module,
    a container, a tuple, or may be None, and says what Python asks there: `is not None`, and
    the length or the value where that counts too.

Why TorchScript rejects it
    "Could not cast value of type NoneType to bool". It tests numbers, strings, tensors and lists
    for truth, and nothing else; `is not None` it settles when it compiles, and leaves out
    the branch that is not taken. `a or b` is a bool to it, never one of its sides.

Example
    import torch
    from torch import nn


    class Block(nn.Module):
        def __init__(self, down=None):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1)
            self.down = down

        def forward(self, x):
            skip = x
            if self.down:
                skip = self.down(x)
            return self.conv(x) + skip

Use instead
    import torch
    from torch import nn


    class Block(nn.Module):
        def __init__(self, down=None):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1)
            self.down = down

        def forward(self, x):
            skip = x
            if self.down is not None:
                skip = self.down(x)
            return self.conv(x) + skip

When it is refused
    Where it may also be of a kind whose truth is another question: a module here and a flag there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.narrowed import is_asked_before
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.truth import Kind, kinds_of
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="truth-test",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Could not cast value of type", r"to bool", r"Union\[|Optional\[|NoneType"),
)


_TESTING = (ast.If, ast.While, ast.IfExp, ast.Assert, ast.UnaryOp, ast.BoolOp)


@dataclass(frozen=True)
class Question:
    """What is tested, and what it may be."""

    value: ast.expr
    kinds: frozenset[Kind]
    is_bool: bool = False  # where it is not None

    @property
    def _truth(self) -> str:
        return "{v}" if self.is_bool else "bool({v})"

    @property
    def form(self) -> str | None:
        """The template of a test that is true where the value is; None where none fits."""
        given = self.kinds - {Kind.NOTHING}
        if given == {Kind.OBJECT}:
            return "{v} is not None"
        if len(given) > 1:
            return None
        asked = "len({v}) > 0" if given == {Kind.COLLECTION} else self._truth
        if Kind.NOTHING not in self.kinds:
            return asked if given == {Kind.COLLECTION} else "{v}"
        if given != {Kind.COLLECTION} and isinstance(self.value, ast.Attribute):
            # Of an attribute that is None, TorchScript compiles even what follows an `and`.
            return f"{self._truth} if {{v}} is not None else False"
        return f"{{v}} is not None and {asked}"

    @property
    def opposite(self) -> str | None:
        """The same for `not`."""
        form = self.form
        if form == "{v} is not None":
            return "{v} is None"
        if form == "len({v}) > 0":
            return "len({v}) == 0"
        if form is None or " if " in form:
            return f"not ({form})" if form else None
        asked = "len({v}) == 0" if Kind.COLLECTION in self.kinds else f"not {self._truth}"
        return f"{{v}} is None or {asked}"


def find(facts: Facts) -> Iterator[Hit]:
    """Names and attributes of self that are tested, and are not what TorchScript can test."""
    for node, value in _asked(facts):
        kinds = kinds_of(value, facts)
        if kinds is None or _is_taken(node, value, kinds, facts):
            continue
        message = f"TorchScript does not test {ast.unparse(value)} for truth: it may be "
        names = sorted(kind.value for kind in kinds)
        asked = Question(value, kinds, _is_bool(value, facts))
        yield Hit(node, message + " or ".join(names), detail=asked)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The question that Python asks, in words that TorchScript knows."""
    asked = hit.detail
    assert isinstance(asked, Question)
    negated = isinstance(hit.node, ast.UnaryOp)
    form = asked.opposite if negated else asked.form
    if form is None:
        shown = ast.unparse(asked.value)
        kinds = " and ".join(sorted(kind.value for kind in asked.kinds))
        return Refusal(f"{shown} may be {kinds}, whose truth are different questions")
    if not isinstance(hit.node, ast.BoolOp):
        return Change("say what is tested", (replace(hit.node, form, v=asked.value),))
    rest = hit.node.values[1]
    chosen = "{v} if " + form + " else {rest}"
    if isinstance(hit.node.op, ast.And):
        chosen = "{rest} if " + form + " else {v}"
    return Change("say what is tested", (replace(hit.node, chosen, v=asked.value, rest=rest),))


def _asked(facts: Facts) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is to be rewritten (a value, its `not`, `a or b` as a value), and what it asks about."""
    answered: set[ast.expr] = set()  # each `and` and `or` that is only asked for its truth
    for node in facts.in_forward(*_TESTING):
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
            yield from _leaves(node.test, answered)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            if _is_repeatable(node.operand):
                yield node, node.operand
            else:
                yield from _leaves(node.operand, answered)
        elif isinstance(node, ast.BoolOp) and node not in answered and len(node.values) == 2:
            if _is_repeatable(node.values[0]):
                yield node, node.values[0]


def _leaves(test: ast.expr, answered: set[ast.expr]) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(test, ast.BoolOp):
        answered.add(test)
        for value in test.values:
            yield from _leaves(value, answered)
    elif _is_repeatable(test):
        yield test, test


def _is_repeatable(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or is_self_attribute(node)


def _is_taken(node: ast.expr, value: ast.expr, kinds: frozenset[Kind], facts: Facts) -> bool:
    """Whether TorchScript asks what Python does; of `n or 3` it makes a bool."""
    if isinstance(value, ast.Name) and _is_bool(value, facts) and is_asked_before(value, facts):
        return True  # `flag is not None and flag`
    if isinstance(node, ast.BoolOp):
        return kinds == {Kind.PLAIN} and facts.types.of(value) not in ("int", "float", "str")
    return kinds == {Kind.PLAIN}


def _is_bool(value: ast.expr, facts: Facts) -> bool:
    """Whether a value is a bool where it is not None."""
    return facts.types.of(value) in ("bool", "Optional[bool]")
