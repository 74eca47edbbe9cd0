"""In which form a counter is read and moved once it is a buffer."""

from __future__ import annotations

import textwrap

import pytest

from fixture_cases import fixed
from tracefix.rules import by_slug

MODULE = """
import torch
from torch import nn


class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = {start}
        self.layers = [torch.relu, torch.tanh]

    def forward(self, x):
        {move}
{body}
"""


def rewritten(start: str, move: str, body: str) -> str:
    text = MODULE.format(start=start, move=move, body=textwrap.indent(body, " " * 8))
    after, refusals = fixed(by_slug("counter-attribute"), text)
    assert refusals == []
    return after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # The truth of a tensor is what it was.
        ("if self.n % 2 == 0:\n    x = x + 1", None),
        ("if not self.n:\n    x = x + 1", None),
        ("y = x if 0 < self.n < 3 and x.dim() == 2 else -x", None),
        ("assert self.n < 10", None),
        # A sum keeps nothing of the buffer, a product keeps it for the backward pass.
        ("y = x + self.n", None),
        ("y = x * self.n", "y = x * self.n.clone()"),
        ("y = x * (self.n + 1)", None),
        ("y = x * -self.n", None),
        # Python divides, and multiplies by floats, in double precision.
        ("y = x * (self.n / 3)", "y = x * (self.n.double() / 3)"),
        ("y = x * 0.5**self.n", "y = x * 0.5**self.n.double()"),
        ("y = x * 2**self.n", None),
        # Everything else asks for a number.
        ("y = self.n", "y = int(self.n)"),
        ("y = self.n == 2", "y = int(self.n) == 2"),
        ("y = x * min(self.n, 3)", "y = x * min(int(self.n), 3)"),
        ("y = self.layers[self.n % 2](x)", "y = self.layers[int(self.n) % 2](x)"),
        ("y = f'{self.n:03d}'", "y = f'{int(self.n):03d}'"),
        ("return x, self.n", "return x, int(self.n)"),
        ("y = float(self.n)", None),
    ],
)
def test_reads_of_a_count(before: str, after: str | None) -> None:
    assert textwrap.indent(after or before, " " * 8) in rewritten("0", "self.n += 1", before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("self.n += 1", "self.n += 1"),
        ("self.n = self.n + 1", "self.n.copy_(self.n + 1)"),
        ("self.n = 2 * self.n + self.n", "self.n.copy_(2 * self.n + self.n)"),
        ("self.n = (self.n + 1) % 7", "self.n.copy_((self.n + 1) % 7)"),
        ("self.n = min(self.n + 1, 5)", "self.n.fill_(min(int(self.n) + 1, 5))"),
    ],
)
def test_moves_of_a_count(before: str, after: str) -> None:
    assert f"        {after}\n" in rewritten("0", before, "return x + self.n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("self.n = not self.n", "self.n.logical_not_()"),
        ("self.n = True", "self.n.fill_(1)"),
        ("self.n = False", "self.n.zero_()"),
    ],
)
def test_moves_of_a_flag(before: str, after: str) -> None:
    text = rewritten("False", before, "return x if self.n else -x")
    assert f"        {after}\n" in text
    assert "return x if self.n else -x" in text


def test_a_float_is_kept_in_double_precision() -> None:
    text = rewritten("1.0", "self.n *= 0.99", "return x * self.n")
    assert "torch.tensor(1.0, dtype=torch.float64)" in text
