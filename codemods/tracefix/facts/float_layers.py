"""The arguments of torch's layers that their forward hands on as floats; eager takes an int too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefix.facts import Facts

_NORM: Mapping[str, int] = {"eps": 1, "momentum": 2}
_DROPOUT: Mapping[str, int] = {"p": 0}
_LAYERS: Mapping[str, Mapping[str, int]] = {
    **{f"Dropout{d}": _DROPOUT for d in ("", "1d", "2d", "3d")},
    "AlphaDropout": _DROPOUT,
    **{f"BatchNorm{d}d": _NORM for d in (1, 2, 3)},
    **{f"InstanceNorm{d}d": _NORM for d in (1, 2, 3)},
    "CELU": {"alpha": 0},
    "ConstantPad1d": {"value": 1},
    "ConstantPad2d": {"value": 1},
    "ConstantPad3d": {"value": 1},
    "CosineEmbeddingLoss": {"margin": 0},
    "CosineSimilarity": {"eps": 1},
    "ELU": {"alpha": 0},
    "GroupNorm": {"eps": 2},
    "Hardshrink": {"lambd": 0},
    "Hardtanh": {"min_val": 0, "max_val": 1},
    "HingeEmbeddingLoss": {"margin": 0},
    "HuberLoss": {"delta": 1},
    "LayerNorm": {"eps": 1},
    "LeakyReLU": {"negative_slope": 0},
    "LocalResponseNorm": {"alpha": 1, "beta": 2, "k": 3},
    "MarginRankingLoss": {"margin": 0},
    "PairwiseDistance": {"p": 0, "eps": 1},
    "RReLU": {"lower": 0, "upper": 1},
    "SmoothL1Loss": {"beta": 3},
    "Softplus": {"beta": 0, "threshold": 1},
    "Softshrink": {"lambd": 0},
    "Threshold": {"threshold": 0, "value": 1},
    "TripletMarginLoss": {"margin": 0, "p": 1, "eps": 2},
}


def float_arguments_of_layer(call: ast.Call, facts: Facts) -> Iterator[tuple[str, ast.expr]]:
    """What the construction of a layer gives to its float parameters, with their names."""
    module, _, layer = (facts.unit.resolve(call.func) or "").rpartition(".")
    if module != "torch.nn" or layer not in _LAYERS:
        return
    parameters = _LAYERS[layer]
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg in parameters:
            yield keyword.arg, keyword.value
    for name, at in parameters.items():
        before = call.args[: at + 1]
        if len(before) > at and not any(isinstance(a, ast.Starred) for a in before):
            yield name, before[at]
