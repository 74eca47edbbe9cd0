"""What torch's own layers ask of all their inputs together."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from tracefix.verify.worker.making.values import Array


def demands(layer: object, size: int) -> Mapping[str, Array]:
    """The tensors that a layer takes, by the names of its forward; batch and length are `size`."""
    if isinstance(layer, torch.nn.RNNBase):
        directions = 2 if layer.bidirectional else 1
        state = Array((layer.num_layers * directions, size, layer.proj_size or layer.hidden_size))
        return {"input": Array((size, size, layer.input_size)), "hx": state}
    if isinstance(layer, torch.nn.RNNCellBase):
        return {"input": Array((size, layer.input_size)), "hx": Array((size, layer.hidden_size))}
    if isinstance(layer, torch.nn.MultiheadAttention):
        widths = {"query": layer.embed_dim, "key": layer.kdim, "value": layer.vdim}
        return {name: Array((size, size, int(width or 1))) for name, width in widths.items()}
    if isinstance(layer, (torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoderLayer)):
        width = layer.self_attn.embed_dim
        return {name: Array((size, size, width)) for name in ("src", "tgt", "memory")}
    if isinstance(layer, torch.nn.Bilinear):
        ins = {"input1": layer.in1_features, "input2": layer.in2_features}
        return {name: Array((size, width)) for name, width in ins.items()}
    return {}
