"""Captured models whose large tensors do not go through the file."""

from __future__ import annotations

import warnings

import pytest
import torch

from tracefix.verify.worker.targets import saved
from tracefix.verify.worker.targets.saved import Captured

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


class _Tied(torch.nn.Module):
    """A layer under two names, weights shared between two layers, and a recurrent layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(4, 4)
        self.again = self.first
        self.other = torch.nn.Linear(4, 4)
        self.other.weight = self.first.weight
        self.cells = torch.nn.GRU(4, 4)
        self.register_buffer("shift", torch.rand(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.cells(self.other(self.again(self.first(x))) + self.shift)[0]


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "_LARGE", 0)


def _captured(model: torch.nn.Module, whole: bool, traced: bool) -> Captured:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = saved.state_of(model)
        if not traced:
            return Captured(torch.jit.script(model), whole=whole)
        recorded = torch.jit.trace(model, torch.rand(2, 3, 4), check_trace=False)
        return Captured(recorded, state=before, whole=whole)


@pytest.mark.parametrize("traced", [False, True])
def test_a_model_is_the_same_whether_its_tensors_go_through_the_file(traced: bool) -> None:
    model, inputs = _Tied().eval(), torch.rand(2, 3, 4)
    whole, light = (_captured(model, whole, traced).instance() for whole in (True, False))
    assert list(light.state_dict()) == list(whole.state_dict())
    torch.testing.assert_close(light(inputs), model(inputs))
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(light.state_dict()[name], tensor)


def test_it_moves_to_meta_and_keeps_what_takes_gradients() -> None:
    model = _Tied().eval()
    model.other.bias.requires_grad_(False)
    light = _captured(model, False, traced=False)
    moved = light.on_meta()
    assert moved(torch.rand(2, 3, 4, device="meta")).is_meta
    taking = {n for n, parameter in light.instance().named_parameters() if parameter.requires_grad}
    assert {"first.weight", "cells.weight_ih_l0"} <= taking
    assert "other.bias" not in taking


class _Shared(torch.nn.Module):
    """Two buffers that are one tensor."""

    def __init__(self) -> None:
        super().__init__()
        start = torch.zeros(4)
        self.register_buffer("low", start)
        self.register_buffer("high", start)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.low.lerp_(x, 0.1) + self.high.lerp_(x, 0.2)


def test_all_names_of_a_tensor_move_to_meta() -> None:
    moved = _captured(_Shared(), True, traced=False).on_meta()
    assert moved(torch.rand(4, device="meta")).is_meta


def test_what_a_model_holds_is_left_as_it_is() -> None:
    model = _Tied().eval()
    before = saved.state_of(model)
    _captured(model, False, False)
    for name, tensor in saved.state_of(model).items():
        torch.testing.assert_close(tensor, before[name])
