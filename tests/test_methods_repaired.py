"""The whole way for methods other than forward: the example, the rewrite, torch's own word on it."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import pytest
import torch

from cli.made_runs import run

TEXT = """\
import torch
from torch import nn


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Linear(4, 3)
        self.up = nn.Linear(3, 4)

    def encode(self, x, gain=None):
        # As many halves as the norm says.
        for _ in range(int(x.norm())):
            x = x / 2
        if gain is None:
            gain = 1.0
        return self.down(x) * gain

    def decode(self, z):
        if z.sum() > 0:
            return self.up(z)
        return -self.up(z)

    def unused(self, z):
        return z if z.sum() > 0 else -z

    def forward(self, x):
        return self.up(self.down(x))
"""
EXAMPLES = """\
import torch
import tracefix


@tracefix.example("coder.py::Coder")
def coder(Coder):
    model = Coder().eval()
    yield model, (torch.rand(2, 4),)
    yield model.encode, (torch.rand(2, 4) + 2,)
    yield model.decode, (torch.rand(2, 3),)
"""


def test_methods_that_an_example_calls_are_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "coder.py").write_text(TEXT)
    (tmp_path / "tracefix_examples.py").write_text(EXAMPLES)
    assert run("--apply", "coder.py") == 0, capsys.readouterr()
    after = (tmp_path / "coder.py").read_text()
    assert "        # As many halves" not in after  # the loop and its comment are outlined
    assert "# As many halves as the norm says." in after
    assert "    def unused(self, z):\n        return z if z.sum() > 0 else -z\n" in after

    (tmp_path / "before.py").write_text(TEXT)
    original = runpy.run_path(str(tmp_path / "before.py"))["Coder"]().eval()
    model = runpy.run_path(str(tmp_path / "coder.py"))["Coder"]().eval()
    model.load_state_dict(original.state_dict())
    given = {"encode": torch.ones(2, 4), "decode": torch.ones(2, 3)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace_module(model, given)  # type: ignore[no-untyped-call]
    for scale in (0.1, 1.0, -3.0, 20.0):
        for name, example in given.items():
            expected = getattr(original, name)(example * scale)
            torch.testing.assert_close(getattr(traced, name)(example * scale), expected)
