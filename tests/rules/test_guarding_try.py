"""A guard that raises an error of its own goes only where that is asked for."""

from __future__ import annotations

import pytest

from tracefix.facts import analyse
from tracefix.model import Safety, Source
from tracefix.rewrite.change import Change
from tracefix.rules.guarding_try import find, fix

TEXT = """\
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        try:
            y = x[1]
        except IndexError as error:
            {raised}
        return y
"""


@pytest.mark.parametrize(
    ("raised", "safety"),
    [
        ("raise", None),  # as the rule says: safe
        ("raise IndexError('x is too short')", Safety.ASK),
        ("raise ValueError(x.shape) from error", Safety.ASK),
        ("raise error", None),
        ("raise error from None", Safety.ASK),
    ],
)
def test_another_error_is_another_interface(raised: str, safety: Safety | None) -> None:
    facts = analyse([Source.of(TEXT.format(raised=raised))])[0]["module.py"]
    (hit,) = find(facts)
    cure = fix(hit, facts)
    assert isinstance(cure, Change)
    assert cure.safety is safety
