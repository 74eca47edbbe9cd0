"""Inputs to either side of where a branch turns."""

from __future__ import annotations

from types import SimpleNamespace

import torch

from tracefix.verify.hints import Threshold
from tracefix.verify.worker.crossing import either_side
from tracefix.verify.worker.inputs import Inputs

X = torch.rand(2, 3)


def _made(inputs: Inputs, *thresholds: Threshold, **attributes: object) -> dict[str, Inputs]:
    return dict(either_side(inputs, SimpleNamespace(**attributes), thresholds))


def test_values_on_either_side() -> None:
    made = _made(Inputs((X,)), Threshold("value", "self.limit"), limit=9.0)
    above, below = (made[f"values {side} 9.0"].args[0] for side in ("above", "below"))
    assert above.min() > 9
    assert below.max() < 9
    assert above.std() > 0  # the values stay apart


def test_whole_numbers_on_either_side() -> None:
    lengths = torch.tensor([3, 2])
    made = _made(Inputs((X, lengths)), Threshold("value", "3"))
    assert torch.equal(made["counts above 3"].args[0], X)
    assert made["counts above 3"].args[1].tolist() == [7, 6]
    assert made["counts below 3"].args[1].tolist() == [2, 2]


def test_sizes_about_the_bound() -> None:
    mask = torch.rand(2, 3) > 0.5
    made = _made(Inputs((X, mask)), Threshold("size", "self.k", 1), k=4)
    assert {name: [tuple(t.shape) for t in one.args] for name, one in made.items()} == {
        "size 5 in dim 1": [(2, 5), (2, 5)],
        "size 4 in dim 1": [(2, 4), (2, 4)],
    }
    assert not _made(Inputs((X,)), Threshold("size", "100000000", 0))


def test_what_is_no_number_or_is_not_there() -> None:
    assert not _made(Inputs((X,)), Threshold("value", "self.k"))
    assert not _made(Inputs((X,)), Threshold("value", "self.k"), k=True)
