"""torch's error names the type that a variable has after its None."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import pytest
import torch

from tracefix.facts import analyse
from tracefix.model import Outcome, Place, Source
from tracefix.rewrite.change import Change
from tracefix.rewrite.lower import apply, lower
from tracefix.rules.local_none_then_value import answer, fix

TEXT = """\
from typing import Optional, Tuple
from torch import Tensor, nn


class Steps(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4)

    def forward(self, x):
        {start}  # nothing yet
        for i in range(2):
            if h is None or c is None:
                y, (h, c) = self.lstm(x)
            else:
                y, (h, c) = self.lstm(x, (h, c))
        return h
"""
ERROR = (
    "Variable '{name}' previously had type NoneType but is now being assigned to a value of type "
    "Tensor\n:\n  File"
)


@pytest.mark.parametrize("start", ["h, c = None, None", "h = c = None", "(h, c) = (None, None)"])
def test_variables_that_start_together_are_given_a_line_each(start: str, tmp_path: Path) -> None:
    text = TEXT.format(start=start)
    for name in ("h", "c"):
        text = _answered(text, name)
    assert "        h: Optional[Tensor] = None" in text
    assert "        c: Optional[Tensor] = None" in text
    assert text.count("# nothing yet") == 1
    (tmp_path / "steps.py").write_text(text)
    model = runpy.run_path(str(tmp_path / "steps.py"))["Steps"]()
    x = torch.rand(5, 2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(model)
    torch.testing.assert_close(scripted(x), model(x))


@pytest.mark.parametrize(
    "start", ["h, c = None, x", "h, *c = None, None", "self.a = h = None", "self.a, h = None, None"]
)
def test_other_starts_are_left_alone(start: str) -> None:
    text = TEXT.format(start=start)
    assert _answered(text, "h") == text


def test_what_has_no_type_to_write_is_refused() -> None:
    facts = analyse([Source.of(TEXT.format(start="h, c = None, None"))])[0]["module.py"]
    error = ERROR.format(name="h").replace("Tensor\n", "__torch__.Cell\n")
    outcome = Outcome("compile", False, error, (Place("module.py", 14, 20),))
    (hit,) = answer(outcome, facts)
    assert not isinstance(fix(hit, facts), Change)


def _answered(text: str, name: str) -> str:
    facts = analyse([Source.of(text)])[0]["module.py"]
    line = 1 + next(n for n, s in enumerate(text.splitlines()) if "y, (h, c)" in s)
    outcome = Outcome("compile", False, ERROR.format(name=name), (Place("module.py", line, 20),))
    for hit in answer(outcome, facts):
        cure = fix(hit, facts)
        assert isinstance(cure, Change)
        text = apply(text, lower(cure, facts.unit))
    return text
