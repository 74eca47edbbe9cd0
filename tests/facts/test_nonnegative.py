"""Ints that are surely not negative."""

from __future__ import annotations

import ast

import pytest

from tracefix.facts import analyse
from tracefix.facts.nonnegative import is_nonnegative
from tracefix.facts.tree import walk
from tracefix.model import Source

_MODULE = """
from torch import nn

class M(nn.Module):
    def forward(self, x, k: int):
        n = 0
        for layer in self.layers:
{body}
            probe(n)
        return x
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("n += 1", True),
        ("n = n + 2 * n", True),
        ("n = x.size(0) // 2", True),
        ("n += len(x)", True),
        ("n -= 1", False),
        ("n = n - 1", False),
        ("n = -1", False),
        ("n += k", False),
        ("n = k", False),
        ("n **= 2", False),
    ],
)
def test_a_counter_that_only_grows_is_not_negative(body: str, expected: bool) -> None:
    text = _MODULE.format(body=f"            {body}")
    facts = analyse([Source.of(text)])[0]["module.py"]
    calls = (n for n in walk(facts.unit.tree) if isinstance(n, ast.Call))
    probe = next(c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    assert is_nonnegative(probe.args[0], facts) is expected
