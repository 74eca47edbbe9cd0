"""torch's error about a call that passes an Optional leads to the parameter that takes it."""

from __future__ import annotations

import pytest

from tracefix.facts import analyse
from tracefix.model import Observed, Outcome, Place, Source
from tracefix.rewrite.change import Change
from tracefix.rules.untyped_parameter import RULE, answer, fix

TEXT = """\
from torch import nn


class Modulated(nn.Module):
    def forward(self, x, style):
        {test}
        return x


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = Modulated()

    def forward(self, x, style: "Tensor | None" = None):
        return self.conv(x, style)
"""
ERROR = (
    "Expected a value of type 'Tensor (inferred)' for argument 'style' but instead found type "
    "'Optional[Tensor]'."
)
SHOWN = {("module.py", "Modulated.forward", "style"): frozenset({"Tensor"})}


@pytest.mark.parametrize(
    ("test", "types"),
    [
        ("if style is not None: x = x * style", ["Optional[torch.Tensor]"]),
        ("x = x if None is style else x * style", ["Optional[torch.Tensor]"]),
        ("if x is not None: x = x * style", []),
        ("if style == 2: x = x * style", []),
    ],
)
@pytest.mark.parametrize("shown", [SHOWN, {}])
def test_a_parameter_that_is_asked_for_none(
    test: str, types: list[str], shown: dict[tuple[str, str, str], frozenset[str]]
) -> None:
    facts = analyse([Source.of(TEXT.format(test=test))], Observed(shown))[0]["module.py"]
    assert RULE.answers_to(ERROR)
    hits = list(answer(Outcome("compile", False, ERROR, (Place("module.py", 16),)), facts))
    cures = [fix(hit, facts) for hit in hits]
    assert [e.template for c in cures if isinstance(c, Change) for e in c.edits] == types
