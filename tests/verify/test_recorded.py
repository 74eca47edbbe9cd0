"""Examples recorded while a parent ran, and a whole run that uses what was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracefix.config import Config
from tracefix.facts import analyse
from tracefix.making import find_examples, runnable_subjects
from tracefix.model import Source, Status
from tracefix.repair import make_plan
from tracefix.verify.protocol import Tried
from verify.conftest import MakeBench

EXAMPLES = """
import torch
import tracefix

@tracefix.example("net.py::Net")
def net(Net):
    return Net(5).eval(), (torch.rand(2, 5, 9),)
"""
NET = """
import torch
from torch import nn

def swish(x):
    return x * x.sigmoid()

class Inner(nn.Module):
    def __init__(self, width, act, *, layer, scales=(1, 2), bias=True):
        super().__init__()
        self.act, self.layer, self.scales = act, layer, scales
    def forward(self, x, where, scale=None):
        if x.shape[1] != 5:
            raise ValueError("only what the parent gives")
        return self.layer(self.act(x))[where] * scale

class Opaque(nn.Module):
    def __init__(self, stream):
        super().__init__()
        self.stream = stream
    def forward(self, x, secret):
        if secret != 41:
            raise ValueError("no secret")
        return x

class Strange(nn.Module):
    def forward(self, x, meta):
        return x

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.strange = Strange()
        self.inner = Inner(width, swish, layer=nn.Linear(9, 2, bias=False), scales=[3])
        self.opaque = Opaque(object())
    def forward(self, x):
        x = self.strange(x, torch.empty(1, device="meta"))
        return self.opaque(self.inner(x, torch.tensor([0, 1]), scale=0.5), 41)
"""


@pytest.fixture(scope="module")
def tried(make_bench: MakeBench) -> dict[str, Tried]:
    bench = make_bench({"tracefix_examples.py": EXAMPLES, "net.py": NET})
    facts, _ = analyse([Source.of(NET, "net.py")])
    found = find_examples(bench.verifier, facts, runnable_subjects(facts))
    return {subject.qualname: one for subject, one in found.items()}


def test_a_child_gets_what_its_parent_gave(tried: dict[str, Tried]) -> None:
    inner = tried["Inner"]
    assert inner.outcome.ok, inner.outcome
    assert inner.example == "recorded"
    assert inner.recipe is not None
    assert [str(argument) for argument in inner.recipe.construct] == [
        "width=5",
        "act=module.swish",
        "layer=torch.nn.Linear(in_features=9, out_features=2, bias=False)",
        "scales=[3]",
    ]
    assert [str(argument) for argument in inner.recipe.inputs] == [
        "torch.rand(2, 5, 9)",
        "torch.randint(0, 2, (2,))",
        "0.5",
    ]


def test_what_cannot_be_told_is_not_recorded(tried: dict[str, Tried]) -> None:
    assert tried["Net"].outcome.ok
    assert tried["Strange"].example == "made"
    assert not tried["Opaque"].outcome.ok
    assert tried["Opaque"].example == ""


def test_a_whole_run_repairs_what_has_no_example_of_its_own(tmp_path: Path) -> None:
    text = """
import torch

class Net(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = [torch.nn.Linear(width, width)]
        self.fc = torch.nn.Linear(width, 2)
    def forward(self, x):
        if self.fc:
            x = self.fc(x)
        return x
"""
    (tmp_path / "net.py").write_text(text)
    source = Source.of(text, "net.py")
    plan = make_plan([source], Config(tmp_path, jobs=1))
    (verdict,) = plan.verdicts
    assert verdict.example == "made"
    assert verdict.status in (Status.REPAIRED, Status.KEPT, Status.BLOCKED)
    assert verdict.trouble is None


def test_a_main_block_is_read_and_then_tried(make_bench: MakeBench) -> None:
    text = NET + (
        "\nif __name__ == '__main__':\n"
        "    raise SystemExit('this is never run')\n"
        "    net = Net(5)\n    net(torch.rand(2, 5, 9))\n"
    )
    bench = make_bench({"tracefix_examples.py": "", "net.py": text})
    facts, _ = analyse([Source.of(text, "net.py")])
    found = find_examples(bench.verifier, facts, runnable_subjects(facts))
    origins = {subject.qualname: one.example for subject, one in found.items() if one.outcome.ok}
    assert origins == {"Net": "found", "Inner": "recorded", "Strange": "made"}
