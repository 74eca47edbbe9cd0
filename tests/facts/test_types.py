"""Static types of expressions."""

from __future__ import annotations

import ast

from tracefix.facts import analyse
from tracefix.model import Source

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
