"""Branch on a flag of the file, or on a version: `if HAS_APEX:`, `if torch.__version__ < "2":`.

What it does
    Keeps the answer in the class, declared Final, where the name has its value before the class is
    made, and asks that in forward.

Why TorchScript rejects it
    It compiles functions and methods, not the file around them: "python value of type 'bool' cannot
    be used as a value". And it compiles both arms, also the one that needs a package that is not
    installed, unless the test is a bool that is Final.

Example
    import torch.nn.functional as F
    from torch import nn

    try:
        from fused import fused_gelu

        HAS_FUSED = True
    except ImportError:
        HAS_FUSED = False


    class Gelu(nn.Module):
        def forward(self, x):
            if HAS_FUSED:
                return fused_gelu(x)
            return F.gelu(x)

Use instead
    from typing import Final

    import torch.nn.functional as F
    from torch import nn

    try:
        from fused import fused_gelu

        HAS_FUSED = True
    except ImportError:
        HAS_FUSED = False


    class Gelu(nn.Module):
        has_fused: Final[bool] = HAS_FUSED

        def forward(self, x):
            if self.has_fused:
                return fused_gelu(x)
            return F.gelu(x)

When it is refused
    Names that the file gives a value below the class, through `global` or from another file, and
    values that may be changed in place, are passed over, as are branches in plain functions, which
    have no class to keep the answer in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tracefix.facts import Facts
from tracefix.facts.file_conditions import file_conditions, is_flag, reads_computed
from tracefix.facts.fixed_conditions import Condition, is_around
from tracefix.model import Outcome, Safety, Target
from tracefix.rewrite.change import Change, Hit, escaped, replace
from tracefix.rules import Rule
from tracefix.rules.condition_names import first_of_each, fresh_attribute, named, same_as
from tracefix.rules.final_attribute import given, repeated

RULE = Rule(
    slug="module-flag",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"",),  # the arm that is not taken may hold anything
)


def find(facts: Facts) -> Iterator[Hit]:
    """Tests that read a value which the file has worked out."""
    yield from _hits(c for c in file_conditions(facts) if reads_computed(c, facts))


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """Such tests around the place where torch stopped."""
    lines = [place.line for place in outcome.places if place.path == facts.unit.path]
    yield from _hits(
        c for c in file_conditions(facts) if any(is_around(c, line, facts) for line in lines)
    )


def fix(hit: Hit, facts: Facts) -> Change:
    """The answer as a constant of the class."""
    condition = hit.detail
    assert isinstance(condition, Condition)
    test, owner = condition.test, condition.owner
    name = fresh_attribute(facts.fresh(named(test)), facts)
    text = facts.unit.text(test)
    text = ast.unparse(test) if "\n" in text else text
    kept = text if is_flag(test, facts) else f"bool({text})"
    edits = (
        given(escaped(f"{name}: Final[bool] = {kept}"), owner.node),
        *repeated(name, owner, facts, "Final[bool]"),
        *(
            replace(other.test, f"self.{name}")
            for other in same_as(condition, file_conditions(facts))
        ),
    )
    return Change(f"keep the answer as {name}", edits, ("from typing import Final",))


def _hits(conditions: Iterable[Condition]) -> Iterator[Hit]:
    """One hit for all places of a class that ask the same."""
    for condition in first_of_each(conditions):
        message = f"{ast.unparse(condition.asked)} is settled when the file is loaded"
        yield Hit(condition.test, message, condition)
