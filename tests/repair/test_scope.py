"""Which subjects a fix can matter to."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.model import FixId, Observed, Source, Subject
from tracefix.repair.scope import Relevance, ran

TEXT = """
from torch import nn

def unused(x):
    return x

class Net(nn.Module):
    def forward(self, x):
        return x
"""
NET = Subject("module.py", "Net")


def _fix(scope: str) -> FixId:
    return FixId("module.py", "some-rule", scope, "x")


def test_a_fix_concerns_those_that_reach_its_function() -> None:
    relevance = Relevance(dict(analyse([Source.of(TEXT)])[0]))
    assert relevance.concerns(_fix("Net.forward"), NET)
    assert not relevance.concerns(_fix("unused"), NET)


def test_a_fix_in_a_function_that_another_fix_wrote_concerns_the_whole_file() -> None:
    relevance = Relevance(dict(analyse([Source.of(TEXT)])[0]))
    assert relevance.concerns(_fix("_written"), NET)
    assert not relevance.concerns(_fix("_written"), Subject("other.py", "Net"))


def test_a_function_that_a_fix_wrote_concerns_those_that_reach_it() -> None:
    written = (
        TEXT.replace("return x", "return _written(x)") + "\n\ndef _written(x):\n    return x\n"
    )
    others = "\n\nclass Other(nn.Module):\n    def forward(self, x):\n        return x\n"
    before = dict(analyse([Source.of(TEXT + others)])[0])
    relevance = Relevance(before).after(dict(analyse([Source.of(written + others)])[0]))
    assert relevance.concerns(_fix("_written"), NET)
    assert not relevance.concerns(_fix("_written"), Subject("module.py", "Other"))


def test_a_fix_concerns_those_whose_example_ran_its_function() -> None:
    text = (
        TEXT + "\n\nclass Handed(nn.Module):\n    def forward(self, x):\n        return _added(x)\n"
    )
    added = text + "\n\ndef _added(x):\n    return x\n"
    seen = ran(Observed(returns={("module.py", "Handed.forward"): frozenset({"Tensor"})}))
    relevance = Relevance(dict(analyse([Source.of(text)])[0]), ran={NET: seen})
    assert relevance.concerns(_fix("Handed.forward"), NET)
    assert relevance.concerns(_fix("Handed"), NET)
    assert relevance.after(dict(analyse([Source.of(added)])[0])).concerns(_fix("_added"), NET)
    assert not relevance.concerns(_fix("unused"), NET)


def test_a_fix_concerns_those_that_call_its_function_to_be_made() -> None:
    text = """
from torch import nn

def conv3x3(planes):
    return _normed(planes)

def _normed(planes):
    return nn.Conv2d(planes, planes, 3)

def unused(x):
    return x

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv3x3(2)

    def forward(self, x):
        return self.conv(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()

    def forward(self, x):
        return self.block(x)
"""
    relevance = Relevance(dict(analyse([Source.of(text)])[0]))
    for subject in (NET, Subject("module.py", "Block")):
        assert relevance.concerns(_fix("conv3x3"), subject)
        assert relevance.concerns(_fix("_normed"), subject)
        assert not relevance.concerns(_fix("unused"), subject)
