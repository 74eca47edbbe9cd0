"""What a module's forward reaches."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.model import Source, Subject

OVERRIDDEN = """
from torch import nn

class Base(nn.Module):
    def scaled(self, x):
        return x

    def forward(self, x):
        return self.scaled(x)

class Twice(Base):
    def scaled(self, x):
        return Base.scaled(self, x) * 2
"""


def test_an_inherited_forward_reaches_the_methods_of_the_class_that_runs_it() -> None:
    facts = analyse([Source.of(OVERRIDDEN)])[0]["module.py"]
    reached = facts.reach.of(Subject("module.py", "Twice"))
    names = {facts.unit.qualname(function) for function in reached}
    assert {"Base.forward", "Twice.scaled"} <= names
