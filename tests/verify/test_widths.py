"""A packed sequence of another width is refused, as one that is not packed is."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.runs import call


class Packing(nn.Module):
    def __init__(self, layer: type[nn.RNNBase]) -> None:
        super().__init__()
        self.layer = layer(4, 3, batch_first=True)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        first = torch.zeros(1, len(x), 3)
        given = (first, first) if isinstance(self.layer, nn.LSTM) else first
        packed = pack_padded_sequence(x, lengths, batch_first=True)
        return self.layer(packed, given)[0].data


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.RNN])
def test_another_width_is_refused(layer: type[nn.RNNBase]) -> None:
    model, lengths = Packing(layer), torch.tensor([2, 1])
    right = call(model, Inputs((torch.rand(2, 2, 4), lengths), {}))
    assert right.error is None
    wrong = call(model, Inputs((torch.rand(2, 2, 5), lengths), {}))
    assert wrong.raised[0] == "RuntimeError"
    assert "Expected 4, got 5" in str(wrong.error)
    assert not model.layer._forward_pre_hooks
