"""What is recorded of a model's runs when time or room is short."""

from __future__ import annotations

import pytest
import torch

from tracefix.verify.worker import budget, runs
from tracefix.verify.worker.cases import Case
from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.instances import Prototype


class _WithTable(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.ones(1024))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


def _recorded(case: Case) -> list[str]:
    prototype = Prototype(case, lambda: case)
    planned = list(runs.trials([case], []))
    return [run["name"] for run in runs.record([prototype], planned, patience=60.0)]


def test_a_models_state_leaves_room_for_other_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ROOM", 1024)  # less than the table takes
    found = _recorded(Case(_WithTable().eval(), (Inputs((torch.rand(2, 4),)),)))
    assert {runs.EXAMPLE, "shifted values", "twice the batch"} <= set(found)


def test_outputs_end_the_recording_where_room_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ROOM", 0)
    found = _recorded(Case(_WithTable().eval(), (Inputs((torch.rand(2, 4),)),)))
    assert found[0] == runs.EXAMPLE
    assert len(found) < 4


def _doubled_up_to_100(x: torch.Tensor) -> torch.Tensor:
    while x.sum() < 100:
        x = x * 2
    return x


def test_an_input_on_which_a_loop_never_ends_is_passed_over() -> None:
    found = _recorded(Case(_doubled_up_to_100, (Inputs((torch.rand(2, 4) + 1,)),)))
    assert "scaled values" in found
    assert not {"negative values", "zeros"} & set(found)


def _indexed(x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    return x[places.tolist()]


@pytest.mark.parametrize(
    ("places", "rolled"),
    [([2, 0, 1], True), ([1, 1, 1], False), ([1], False), ([0.5, 1.5, 0.0], False)],
)
def test_integers_change_their_places(places: list[float], rolled: bool) -> None:
    inputs = Inputs((torch.rand(3, 4), torch.tensor(places)))
    other = [t for t in runs.trials([Case(_indexed, (inputs,))], []) if t.name == "rolled integers"]
    assert bool(other) == rolled
    for trial in other:
        assert trial.inputs.args[1].tolist() == [1, 2, 0]
        assert torch.equal(trial.inputs.args[0], inputs.args[0])
