"""Where branches turn."""

from __future__ import annotations

import pytest

from tracefix.facts import analyse
from tracefix.making.thresholds import thresholds
from tracefix.model import Source, Subject
from tracefix.verify.hints import Threshold

HEAD = "import torch\nfrom torch import nn\nMOST = 12\n"
SUBJECT = Subject("m.py", "M")


def _found(lines: str) -> tuple[Threshold, ...]:
    body = "".join(f"        {line}\n" for line in lines.splitlines())
    text = f"{HEAD}class M(nn.Module):\n    def forward(self, x: torch.Tensor):\n{body}"
    facts, _ = analyse([Source.of(text + "        return x\n", "m.py")])
    return thresholds(facts, [SUBJECT]).get(SUBJECT, ())


@pytest.mark.parametrize(
    ("test", "threshold"),
    [
        ("x.mean() > 0.5", Threshold("value", "0.5")),
        ("-3 <= x.sum().item()", Threshold("value", "-3")),
        ("x.max() > self.cfg.limit and self.training", Threshold("value", "self.cfg.limit")),
        ("x.size(1) > self.k", Threshold("size", "self.k", 1)),
        ("x.shape[-1] != MOST", Threshold("size", "MOST", -1)),
        ("len(x) == 1", Threshold("size", "1", 0)),
    ],
)
def test_what_is_compared(test: str, threshold: Threshold) -> None:
    wanted = Threshold(threshold.kind, threshold.bound.replace("MOST", "12"), threshold.dim)
    assert _found(f"if {test}:\n    x = x * 2") == (wanted,)


def test_sizes_by_name() -> None:
    assert _found("b, n, c = x.shape\ny = x * 2 if n < 7 else x") == (Threshold("size", "7", 1),)
    assert _found("n = x.size(2)\nassert n <= self.n") == (Threshold("size", "self.n", 2),)
    assert _found("*rest, n = x.shape\nif n < 7:\n    x = x * 2") == ()


def test_what_no_input_decides() -> None:
    assert _found("if self.depth > 3:\n    x = x * 2") == ()
    assert _found("y = x > 0.5") == ()
