"""Static types of expressions."""

from __future__ import annotations

import ast

from tracefix.facts import analyse
from tracefix.model import Observed, Source

SELF_REFERENCE = """
from torch import nn


class M(nn.Module):
    def forward(self, x):
        x = x + 1
        x = x * 2
        return x
"""


def test_a_name_read_while_it_is_being_settled_has_its_type_afterwards() -> None:
    facts = analyse([Source.of(SELF_REFERENCE)])[0]["module.py"]
    read = [n for n in ast.walk(facts.unit.tree) if isinstance(n, ast.Name) and n.id == "x"]
    assert {facts.types.of(n) for n in read} == {"Tensor"}


BUFFER = """
import torch
from torch import nn


class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.tensor(0), persistent=False)
        self.register_buffer("cache", None)

    def forward(self, x):
        return x * self.calls, self.cache
"""


def test_a_buffer_is_a_tensor_also_where_the_run_saw_the_number_that_it_was() -> None:
    seen = {
        ("module.py::M", "calls"): frozenset({"int"}),
        ("module.py::M", "cache"): frozenset({"Tensor", "NoneType"}),
    }
    facts = analyse([Source.of(BUFFER)], Observed(attributes=seen))[0]["module.py"]
    read = {n.attr: n for n in ast.walk(facts.unit.tree) if isinstance(n, ast.Attribute)}
    assert facts.types.of(read["calls"]) == "Tensor"
    assert facts.types.of(read["cache"]) == "Optional[Tensor]"


def test_a_parameter_that_runs_have_given_two_types_is_not_assumed_to_be_a_tensor() -> None:
    text = "class M(Module):\n    def forward(self, x, n):\n        return x[: len(n)]\n"
    for given, expected in (({"Tensor"}, True), ({"Tensor", "List[int]"}, False)):
        observed = Observed(parameters={("module.py", "M.forward", "n"): frozenset(given)})
        facts = analyse([Source.of(text)], observed)[0]["module.py"]
        (name,) = (n for n in ast.walk(facts.unit.tree) if isinstance(n, ast.Name) and n.id == "n")
        assert facts.types.is_tensor(name) is expected
