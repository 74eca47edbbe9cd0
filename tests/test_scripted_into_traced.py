"""A trace of a scripted module keeps its control flow: every arm is taken by the input that asks.

Recorded on one input, run on inputs that take every arm and every count. torch hands a
scripted module back as it is, so it is also traced as a part of a plain one.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from fixture_cases import FIXTURES

SMALL, LARGE = torch.full((2, 3), 0.1), torch.full((2, 3), 2.0)
# Of each model: its inputs, one for each arm that an eager run takes.
ARMS: dict[str, list[tuple[torch.Tensor, ...]]] = {
    "scripted_multiplier": [(LARGE,), (-LARGE,)],
    "scripted_threshold": [(LARGE,), (SMALL,)],
    "scripted_loop": [(SMALL, torch.tensor(n)) for n in (2, 0, 1, 5)],
}
MODELS = {
    "scripted_multiplier": "Multiplier",
    "scripted_threshold": "Threshold",
    "scripted_loop": "Repeat",
}


class Plain(torch.nn.Module):
    """Holds a module, and is traced around it."""

    def __init__(self, part: torch.nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.part(*given)
        return result * 1


@pytest.mark.parametrize("around", [lambda part: part, Plain], ids=["itself", "as-a-part"])
@pytest.mark.parametrize("recorded", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("name", sorted(ARMS))
def test_the_trace_takes_every_arm(
    name: str, recorded: int, around: Callable[[torch.nn.Module], torch.nn.Module]
) -> None:
    model, inputs = _model(name), ARMS[name]
    traced = _traced(around(_scripted(model)), inputs[recorded])
    outputs = [model(*given) for given in inputs]
    for given, wanted in zip(inputs, outputs, strict=True):
        torch.testing.assert_close(traced(*given), wanted)
    _assert_all_differ(outputs)


def test_a_trace_of_the_plain_module_takes_one_arm_only() -> None:
    """So it was, before a rule kept the branch as code: what is traced above has two arms."""
    model, (large, small) = _model("scripted_threshold", "before"), ARMS["scripted_threshold"]
    traced = _traced(Plain(model), large)
    assert not torch.allclose(traced(*small), model(*small))


def _scripted(model: torch.nn.Module) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(model)


def _traced(model: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is deprecated, a no-op, or bakes a branch
        return torch.jit.trace(model, given)


def _assert_all_differ(outputs: list[torch.Tensor]) -> None:
    """Each input really took another arm."""
    for n, one in enumerate(outputs):
        for other in outputs[n + 1 :]:
            assert not torch.allclose(one, other)


def _model(name: str, version: str = "after") -> torch.nn.Module:
    file: Path = FIXTURES / "whole" / name / f"{version}.py"
    spec = importlib.util.spec_from_file_location(f"whole_{name}_{version}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    made = getattr(module, MODELS[name])()
    assert isinstance(made, torch.nn.Module)
    return made
