"""Branch on what __init__ has settled.

What it does
    Finds branches on a flag, a size or a name that nothing but __init__ ever assigns, where the arm
    that is not taken uses what this instance does not have, or what TorchScript has no form for,
    checkpoints a call, or returns something else. A flag is declared Final; of any other test __init__
    keeps the answer, and that is Final. A variable that holds an attribute, `stride = self.stride`,
    counts as the attribute. So it does for `if self.activation is not None` of a function, of which
    TorchScript asks nothing.

Why TorchScript rejects it
    It compiles both arms of a branch, also the one that this instance never takes: "has no
    attribute", "Previous return statement returned a value of type". It leaves an arm out
    only if the test is a bool that is Final.

Example
    import torch
    from torch import nn


    class Cell(nn.Module):
        def __init__(self, stride: int):
            super().__init__()
            self.stride = stride
            if stride == 2:
                self.conv = nn.Conv2d(4, 4, 1)

        def forward(self, x):
            x = torch.max_pool2d(x, 3, self.stride, 1)
            if self.stride == 2:
                x = self.conv(x)
            return x

Use instead
    from typing import Final

    import torch
    from torch import nn


    class Cell(nn.Module):
        stride_is_2: Final[bool]

        def __init__(self, stride: int):
            super().__init__()
            self.stride = stride
            self.stride_is_2 = self.stride == 2
            if stride == 2:
                self.conv = nn.Conv2d(4, 4, 1)

        def forward(self, x):
            x = torch.max_pool2d(x, 3, self.stride, 1)
            if self.stride_is_2:
                x = self.conv(x)
            return x

When it is refused
    Where __init__ assigns what the test asks only under a condition. Attributes that anything else
    assigns, a method, a subclass or a caller, are passed over, since they may change (see
    `switched-flag`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.fixed_conditions import (
    Condition,
    decides,
    definitions,
    fixed_conditions,
    is_around,
    types_held,
)
from tracefix.facts.tree import walk
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, after, replace
from tracefix.rules import Rule
from tracefix.rules.condition_names import (
    first_of_each,
    fresh_attribute,
    gives_bool,
    named,
    same_as,
)
from tracefix.rules.final_attribute import declared, is_final

RULE = Rule(
    slug="fixed-condition",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"has no attribute",
        r"Previous return statement",
        r"Type mismatch",
        r"if-expression's true branch has type",
        r"is not defined in the",
        r"Arguments for call are not valid",
        r"cannot call a value",
        r"cannot be used as",
        r"Unknown builtin op",
        r"NoneType",
        r"nonexistent attribute",
        r"previously had type",
        # What no TorchScript can call, such as a checkpointed call, may stand in an arm not taken,
        # and so may all that it has no form for.
        r"variable number of arguments",
        r"Could not export Python function call",
        r"supported",
        r"getattr's second argument",
        r"Cannot instantiate class",
        r"does not have an __init__",
        r"integer literal for index",
        r"weak reference",
        r"built-in class",
        r"Expected type hint",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Settled conditions that decide what is there, or what is returned."""
    needed = (c for c in _open_conditions(facts) if decides(c, facts))
    yield from _hits(needed)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """Settled conditions around the place where torch stopped."""
    lines = [place.line for place in outcome.places if place.path == facts.unit.path]
    yield from _hits(
        c for c in _open_conditions(facts) if any(is_around(c, n, facts) for n in lines)
    )


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The flag declared Final, or one made of the test."""
    condition = hit.detail
    assert isinstance(condition, Condition)
    imports = ("from typing import Final",)
    if _is_flag(condition, facts):
        flag = condition.attributes[0]
        read = [
            c.test for c in same_as(condition, fixed_conditions(facts)) if c.test is not c.asked
        ]
        written = (replace(test, f"self.{flag}") for test in read)
        flags = (*declared(flag, condition.owner, facts), *written)
        return Change(f"declare self.{flag} Final", flags, imports)
    behind = _last_definition(condition, facts)
    if behind is None:
        shown = " and ".join(f"self.{name}" for name in condition.attributes)
        return Refusal(f"whether {shown} is assigned depends on a condition of __init__")
    asked = condition.asked
    name = fresh_attribute(named(asked), facts)
    kept = "{test}" if gives_bool(asked) else "bool({test})"
    text = facts.unit.text(condition.test)
    text = ast.unparse(asked) if asked is not condition.test or "\n" in text else text
    edits = (
        *declared(name, condition.owner, facts),
        after(behind, f"self.{name} = {kept}", test=text),
        *(
            replace(other.test, f"self.{name}")
            for other in same_as(condition, fixed_conditions(facts))
        ),
    )
    return Change(f"keep the answer as self.{name}", edits, imports)


def _open_conditions(facts: Facts) -> Iterator[Condition]:
    """The conditions that TorchScript does not settle as they are."""
    for condition in fixed_conditions(facts):
        written = condition.test is condition.asked
        final = written and is_final(condition.attributes[0], condition.owner)
        if not _is_flag(condition, facts) or not final:
            yield condition


def _hits(conditions: Iterator[Condition]) -> Iterator[Hit]:
    """One hit for all places of a class that ask the same."""
    for condition in first_of_each(conditions):
        text = ast.unparse(condition.asked)
        message = f"{text} is settled when __init__ has run, and both arms are compiled"
        yield Hit(condition.test, message, condition)


def _is_flag(condition: Condition, facts: Facts) -> bool:
    """Whether the test is one attribute that holds a bool in every instance."""
    if not isinstance(condition.asked, ast.Attribute):
        return False
    return types_held(condition.asked.attr, condition.owner, facts) == {"bool"}


def _last_definition(condition: Condition, facts: Facts) -> ast.stmt | None:
    """The statement of __init__'s own body behind which all that the test asks is known."""
    init = condition.owner.methods["__init__"]
    last = 0
    for name in condition.attributes:
        for node in definitions(name, condition.owner, facts):
            at = next(n for n, s in enumerate(init.body) if node in walk(s))
            last = max(last, at)
        if not _is_always_assigned(name, condition.owner, facts):
            return None
    return init.body[last]


def _is_always_assigned(name: str, info: ClassInfo, facts: Facts) -> bool:
    body = info.methods["__init__"].body
    return any(node in body for node in definitions(name, info, facts))
