"""What a module's forward reaches."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.model import Observed, Source, Subject

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


KEPT = """
from torch import nn

def swish(x):
    return x * x.sigmoid()

class Net(nn.Module):
    def __init__(self, plain=False):
        super().__init__()
        self.act = nn.ReLU() if plain else swish

    def forward(self, x):
        return self.act(x)
"""


def test_a_function_that_is_kept_in_an_attribute_is_reached() -> None:
    facts = analyse([Source.of(KEPT)])[0]["module.py"]
    reached = facts.reach.of(Subject("module.py", "Net"))
    assert "swish" in {facts.unit.qualname(function) for function in reached}


CHOSEN = """
from torch import nn

class Net(nn.Module):
    def __init__(self, biased=False):
        super().__init__()
        if biased:
            self.estimate = self.biased
        else:
            self.estimate = self.unbiased

    def biased(self, x):
        return x.var(0)

    def unbiased(self, x):
        return x.var(1)

    def forward(self, x):
        return self.estimate(x)
"""


def test_forward_reaches_the_methods_that_an_attribute_may_hold() -> None:
    facts = analyse([Source.of(CHOSEN)])[0]["module.py"]
    reached = facts.reach.of(Subject("module.py", "Net"))
    names = {facts.unit.qualname(function) for function in reached}
    assert {"Net.biased", "Net.unbiased"} <= names


METHODS = """
import torch
from torch import nn

class Net(nn.Module):
    @torch.jit.export
    def exported(self, x):
        return x

    def encode(self, x):
        return self.scaled(x)

    def scaled(self, x):
        return x

    def unused(self, x):
        return x

    def forward(self, x):
        return x
"""


def test_methods_that_an_example_calls_are_reached_and_exported_ones() -> None:
    seen = Observed(methods={"module.py::Net": frozenset({"encode"})})
    for observed, called in ((seen, {"Net.encode", "Net.scaled"}), (Observed(), set[str]())):
        facts = analyse([Source.of(METHODS)], observed)[0]["module.py"]
        names = {facts.unit.qualname(function) for function in facts.forward_functions}
        assert names == {"Net.forward", "Net.exported"} | called
