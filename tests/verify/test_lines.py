"""The names that a line of the user's code speaks of, told from the definition that holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracefix.verify.worker.making.lines import names_at

TEXT = '''\
import torch

SIZE = 4


def first(width):
    height = width * SIZE
    return torch.zeros(height)


@torch.no_grad()
class Second:
    def run(self, x):
        text = """
def no_function(of_this):
"""
        return x.view(self.rows, text)


@torch.no_grad()
def third(y):
    return y.cat
'''


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "model.py"
    path.write_text(TEXT)
    return str(path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("return torch.zeros", {"torch", "zeros", "height", "width", "SIZE"}),
        ("return x.view", {"x", "view", "self", "rows", "text"}),
        ("return y.cat", {"y", "cat"}),
        ("SIZE = 4", {"SIZE"}),
        ("class Second", set()),
    ],
)
def test_names(file: str, text: str, names: set[str]) -> None:
    line = next(n for n, t in enumerate(TEXT.splitlines(), 1) if text in t)
    assert names <= set(names_at(file, line))
    assert bool(names) == bool(names_at(file, line))
