"""With strict=True torch refuses to trace what gives back a list or a dict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracefix.model import Source, Subject, Target
from tracefix.verify.client import Verifier

TEXT = """
import torch
from torch import nn


class Pair(nn.Module):
    def forward(self, x):
        return {"y": x * 2}


class Plain(nn.Module):
    def forward(self, x):
        return x * 2
"""
EXAMPLES = """
import torch
import tracefix


@tracefix.example("m.py::*")
def any_(model):
    return model(), (torch.rand(3, 4),)
"""


@pytest.mark.parametrize("strict", [False, True])
def test_a_dict_is_taken_unless_asked_to_be_strict(strict: bool, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(TEXT)
    (tmp_path / "tracefix_examples.py").write_text(EXAMPLES)
    sources = {"m.py": Source.of(TEXT, "m.py")}
    subjects = [Subject("m.py", "Pair"), Subject("m.py", "Plain")]
    examples = [tmp_path / "tracefix_examples.py"]
    with Verifier(tmp_path, sources, examples, strict=strict) as verifier:
        found = verifier.baseline(subjects, (Target.TRACE,))
    pair, plain = (found[subject].targets[Target.TRACE] for subject in subjects)
    assert plain.ok
    assert pair.ok == (not strict)
    assert ("strict=False" in pair.error) == strict
