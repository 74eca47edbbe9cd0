"""What a rule proposes is held back where its names mean something else."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.model import Refusal, Source
from tracefix.repair.candidates import candidates
from tracefix.rules import registry

_MODEL = """
import torch
from torch import nn


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x):
        {name} = x * 2
        for i in range(len(self.layers)):
            x = self.layers[i](x) + {name} * i
        return x
"""


def _remedies(name: str) -> list[object]:
    facts = analyse([Source.of(_MODEL.format(name=name))])[0]["module.py"]
    rules = [rule for rule in registry() if rule.slug == "counted-layer-loop"]
    return [candidate.cure for candidate in candidates(facts, rules)]


def test_a_function_of_pythons_own_is_called_where_nothing_has_its_name() -> None:
    assert not any(isinstance(remedy, Refusal) for remedy in _remedies("doubled"))


def test_it_is_not_called_where_a_variable_has_its_name() -> None:
    (remedy,) = _remedies("enumerate")
    assert remedy == Refusal("enumerate is a variable here")
