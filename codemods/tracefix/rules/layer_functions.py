"""The functions that the layers of torch.nn without parameters of their own are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """The function that a layer calls: `nn.Softmax(dim)(x)` is `F.softmax(x, dim)`."""

    function: str  # with {F} for torch.nn.functional and {torch} for torch
    parameters: tuple[str, ...] = ()  # of the layer's __init__, in order: the function's keywords
    in_order: int = 9  # so many of them may go by position to the function too
    inputs: int = 1
    always: str = ""  # what else the function is given
    defaults: tuple[tuple[str, str], ...] = ()  # where the layer's differ from the function's
    sides: int = 0  # a number for the first parameter stands for so many

    def added(self, given: Iterable[str]) -> tuple[str, ...]:
        """What the function is told besides the layer's arguments, whose names are given."""
        names = set(given)
        lacking = (f"{name}={value}" for name, value in self.defaults if name not in names)
        return *lacking, *((self.always,) if self.always else ())


def _loss(function: str, *parameters: str, inputs: int = 2) -> Form:
    return Form(f"{{F}}.{function}", parameters, 0, inputs)


def _padding(mode: str, dimensions: int) -> Form:
    return Form("{F}.pad", ("padding",), always=f'mode="{mode}"', sides=2 * dimensions)


_POOL = ("kernel_size", "stride", "padding")
_LEGACY = ("size_average", "reduce", "reduction")

FUNCTIONS: dict[str, Form] = {
    **{
        kind: Form(f"{{F}}.{function}", ("inplace",))
        for kind, function in (
            ("ReLU", "relu"), ("ReLU6", "relu6"), ("SELU", "selu"), ("SiLU", "silu"),
            ("Mish", "mish"), ("Hardswish", "hardswish"), ("Hardsigmoid", "hardsigmoid"),
        )
    },
    "LeakyReLU": Form("{F}.leaky_relu", ("negative_slope", "inplace")),
    "ELU": Form("{F}.elu", ("alpha", "inplace")),
    "CELU": Form("{F}.celu", ("alpha", "inplace")),
    "GELU": Form("{F}.gelu", ("approximate",), 0),
    "Softplus": Form("{F}.softplus", ("beta", "threshold")),
    "LogSigmoid": Form("{F}.logsigmoid"),
    "Hardtanh": Form("{F}.hardtanh", ("min_val", "max_val", "inplace")),
    "Softsign": Form("{F}.softsign"),
    "Tanhshrink": Form("{F}.tanhshrink"),
    "Softshrink": Form("{F}.softshrink", ("lambd",)),
    "Hardshrink": Form("{F}.hardshrink", ("lambd",)),
    "GLU": Form("{F}.glu", ("dim",)),
    "Sigmoid": Form("{torch}.sigmoid"),
    "Tanh": Form("{torch}.tanh"),
    "Softmax": Form("{F}.softmax", ("dim",)),
    "LogSoftmax": Form("{F}.log_softmax", ("dim",)),
    "Softmax2d": Form("{F}.softmax", always="dim=-3"),
    **{
        f"MaxPool{n}d": Form(
            f"{{F}}.max_pool{n}d", (*_POOL, "dilation", "return_indices", "ceil_mode"), 4
        )
        for n in (1, 2, 3)
    },
    "AvgPool1d": Form("{F}.avg_pool1d", (*_POOL, "ceil_mode", "count_include_pad")),
    **{
        f"AvgPool{n}d": Form(
            f"{{F}}.avg_pool{n}d", (*_POOL, "ceil_mode", "count_include_pad", "divisor_override")
        )
        for n in (2, 3)
    },
    **{f"AdaptiveAvgPool{n}d": Form(f"{{F}}.adaptive_avg_pool{n}d", ("output_size",)) for n in (1, 2, 3)},
    **{
        f"AdaptiveMaxPool{n}d": Form(
            f"{{F}}.adaptive_max_pool{n}d", ("output_size", "return_indices")
        )
        for n in (1, 2, 3)
    },
    "Upsample": Form(
        "{F}.interpolate",
        ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor"),
    ),
    "UpsamplingNearest2d": Form(
        "{F}.interpolate", ("size", "scale_factor"), always='mode="nearest"'
    ),
    "UpsamplingBilinear2d": Form(
        "{F}.interpolate", ("size", "scale_factor"), always='mode="bilinear", align_corners=True'
    ),
    "PixelShuffle": Form("{F}.pixel_shuffle", ("upscale_factor",)),
    "PixelUnshuffle": Form("{F}.pixel_unshuffle", ("downscale_factor",)),
    **{f"ReplicationPad{n}d": _padding("replicate", n) for n in (1, 2, 3)},
    **{f"ReflectionPad{n}d": _padding("reflect", n) for n in (1, 2, 3)},
    **{f"CircularPad{n}d": _padding("circular", n) for n in (1, 2, 3)},
    **{f"ZeroPad{n}d": Form("{F}.pad", ("padding",), sides=2 * n) for n in (1, 2, 3)},
    **{
        f"ConstantPad{n}d": Form("{F}.pad", ("padding", "value"), 1, sides=2 * n)
        for n in (1, 2, 3)
    },
    "Flatten": Form(
        "{torch}.flatten", ("start_dim", "end_dim"), defaults=(("start_dim", "1"),)
    ),
    "Unfold": Form("{F}.unfold", ("kernel_size", "dilation", "padding", "stride")),
    "Fold": Form("{F}.fold", ("output_size", "kernel_size", "dilation", "padding", "stride")),
    # A layer that forward makes is in training mode whatever the module is in.
    **{f"Dropout{n}": Form(f"{{F}}.dropout{n}", ("p",)) for n in ("", "1d", "2d", "3d")},
    "CosineSimilarity": Form("{F}.cosine_similarity", ("dim", "eps"), inputs=2),
    "PairwiseDistance": Form("{F}.pairwise_distance", ("p", "eps", "keepdim"), inputs=2),
    "MSELoss": _loss("mse_loss", *_LEGACY),
    "L1Loss": _loss("l1_loss", *_LEGACY),
    "SmoothL1Loss": _loss("smooth_l1_loss", *_LEGACY, "beta"),
    "HuberLoss": _loss("huber_loss", "reduction", "delta"),
    "TripletMarginLoss": _loss(
        "triplet_margin_loss", "margin", "p", "eps", "swap", *_LEGACY, inputs=3
    ),
    "CosineEmbeddingLoss": _loss("cosine_embedding_loss", "margin", *_LEGACY, inputs=3),
    "MarginRankingLoss": _loss("margin_ranking_loss", "margin", *_LEGACY, inputs=3),
    "KLDivLoss": _loss("kl_div", *_LEGACY, "log_target"),
    "BCELoss": _loss("binary_cross_entropy", "weight", *_LEGACY),
    "BCEWithLogitsLoss": _loss(
        "binary_cross_entropy_with_logits", "weight", *_LEGACY, "pos_weight"
    ),
    "NLLLoss": _loss("nll_loss", "weight", "size_average", "ignore_index", "reduce", "reduction"),
    "CrossEntropyLoss": _loss(
        "cross_entropy",
        "weight", "size_average", "ignore_index", "reduce", "reduction", "label_smoothing",
    ),
}  # fmt: skip
LEGACY = frozenset({"size_average", "reduce"})
