"""torch's error about a layer of its own leads to what may have made the layer with an int."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.model import Outcome, Place, Source
from tracefix.rules.layer_with_int import answer, fix

TEXT = """\
from typing import Optional

from torch import nn


class Block(nn.Module):
    def __init__(self, rate, other=None, half=0.5, last: Optional[float] = 0.1):
        super().__init__()
        self.drop = nn.Sequential(nn.Dropout(rate), nn.Dropout(p=other), nn.Dropout(half))
        self.last = nn.Sequential(nn.Dropout(0.5), nn.Dropout(float(rate)), nn.Dropout(last))
        self.norm = nn.BatchNorm1d(3, momentum=rate)

    def forward(self, x):
        return self.norm(self.last(self.drop(x)))
"""
ERROR = "Expected a value of type 'float' for argument 'p' but instead found type 'int'."


def _found(place: Place) -> list[tuple[str, str]]:
    facts = analyse([Source.of(TEXT)])[0]["module.py"]
    hits = list(answer(Outcome("compile", False, ERROR, (place,)), facts))
    return [(facts.unit.text(h.node), fix(h, facts).edits[0].template) for h in hits]


def test_what_may_be_an_int_is_found_and_what_may_be_none_stays_none() -> None:
    number, kept = "float({number})", "None if {number} is None else float({number})"
    assert _found(Place("/site/torch/nn/modules/dropout.py", 70)) == [
        ("rate", number),
        ("other", kept),
        ("half", number),  # a default says nothing of what is given
        ("last", kept),  # nor does an annotation
    ]


def test_an_error_in_the_projects_own_code_is_not_about_a_layer() -> None:
    assert _found(Place("module.py", 7)) == []
