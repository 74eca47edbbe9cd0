"""The parameters of torch's functions that TorchScript declares as float; eager takes an int too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefix.facts import Facts

# By position: of functions counted from their tensor, of methods without it.
_FUNCTIONAL: Mapping[str, Mapping[str, int]] = {
    "alpha_dropout": {"p": 1},
    "batch_norm": {"momentum": 6, "eps": 7},
    "celu": {"alpha": 1},
    "cosine_embedding_loss": {"margin": 3},
    "cosine_similarity": {"eps": 3},
    "dropout": {"p": 1},
    "dropout1d": {"p": 1},
    "dropout2d": {"p": 1},
    "dropout3d": {"p": 1},
    "elu": {"alpha": 1},
    "group_norm": {"eps": 4},
    "gumbel_softmax": {"tau": 1},
    "hardshrink": {"lambd": 1},
    "hardtanh": {"min_val": 1, "max_val": 2},
    "hinge_embedding_loss": {"margin": 2},
    "huber_loss": {"delta": 3},
    "instance_norm": {"momentum": 6, "eps": 7},
    "interpolate": {"scale_factor": 2},
    "layer_norm": {"eps": 4},
    "leaky_relu": {"negative_slope": 1},
    "local_response_norm": {"alpha": 2, "beta": 3, "k": 4},
    "lp_pool1d": {"norm_type": 1},
    "lp_pool2d": {"norm_type": 1},
    "margin_ranking_loss": {"margin": 3},
    "normalize": {"p": 1, "eps": 3},
    "pad": {"value": 3},
    "pairwise_distance": {"p": 2, "eps": 3},
    "smooth_l1_loss": {"beta": 5},
    "softplus": {"beta": 1, "threshold": 2},
    "softshrink": {"lambd": 1},
    "threshold": {"threshold": 1, "value": 2},
    "triplet_margin_loss": {"margin": 3, "p": 4, "eps": 5},
    "upsample": {"scale_factor": 2},
}
_TORCH: Mapping[str, Mapping[str, int]] = {
    "cdist": {"p": 2},
    "cosine_similarity": {"eps": 3},
    "dropout": {"p": 1},
    "isclose": {"rtol": 2, "atol": 3},
    "allclose": {"rtol": 2, "atol": 3},
    "nan_to_num": {"nan": 1, "posinf": 2, "neginf": 3},
    "pairwise_distance": {"p": 2, "eps": 3},
}
_METHODS: Mapping[str, Mapping[str, int]] = {
    "bernoulli_": {"p": 0},
    "cauchy_": {"median": 0, "sigma": 1},
    "exponential_": {"lambd": 0},
    "nan_to_num": {"nan": 0, "posinf": 1, "neginf": 2},
    "normal_": {"mean": 0, "std": 1},
    "uniform_": {"from": 0, "to": 1},
}


def float_arguments(call: ast.Call, facts: Facts) -> Iterator[ast.expr]:
    """What a call of torch gives to its parameters of type float."""
    parameters = _parameters(call, facts)
    for keyword in call.keywords:
        if keyword.arg in parameters:
            yield keyword.value
    for at, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            return  # how many it is, is not known
        if at in parameters.values():
            yield argument


def _parameters(call: ast.Call, facts: Facts) -> Mapping[str, int]:
    name = facts.unit.resolve(call.func)
    if name is None or not name.startswith("torch."):
        is_method = isinstance(call.func, ast.Attribute) and facts.types.is_tensor(call.func.value)
        return _METHODS.get(call.func.attr, {}) if is_method else {}  # type: ignore[attr-defined]
    module, _, function = name.rpartition(".")
    if module == "torch":
        return _TORCH.get(function, {})
    return _FUNCTIONAL.get(function, {}) if module == "torch.nn.functional" else {}
