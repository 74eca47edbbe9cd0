"""What the forward of each of torch.nn's layers computes, written with the layer's own attributes."""

from __future__ import annotations

_POOL = "self.kernel_size, self.stride, self.padding"
_MAX_POOL = f"{_POOL}, self.dilation, self.ceil_mode, self.return_indices"
_AVG_POOL = f"{_POOL}, self.ceil_mode, self.count_include_pad"
_TRANSPOSED = "self.stride, self.padding, self.output_padding, self.groups, self.dilation"
_STATISTICS = "self.running_mean, self.running_var"
_BATCH_NORM = (
    f"{{F}}.batch_norm({{x}}, {_STATISTICS}, self.weight, self.bias, "
    "self.training or self.running_mean is None, self.momentum, self.eps)"
)
_CONV = "self._conv_forward({x}, self.weight, self.bias)"

# {F} is torch.nn.functional; {x} and {y} are what the layer is called with.
FORMS: dict[str, str] = {
    "Linear": "{F}.linear({x}, self.weight, self.bias)",
    "Conv1d": _CONV,
    "Conv2d": _CONV,
    "Conv3d": _CONV,
    **{
        f"ConvTranspose{n}d": f"{{F}}.conv_transpose{n}d"
        f"({{x}}, self.weight, self.bias, {_TRANSPOSED})"
        for n in (1, 2, 3)
    },
    **{f"BatchNorm{n}d": _BATCH_NORM for n in (1, 2, 3)},
    "LayerNorm": "{F}.layer_norm({x}, self.normalized_shape, self.weight, self.bias, self.eps)",
    "GroupNorm": "{F}.group_norm({x}, self.num_groups, self.weight, self.bias, self.eps)",
    "Embedding": "{F}.embedding({x}, self.weight, self.padding_idx, self.max_norm, "
    "self.norm_type, self.scale_grad_by_freq, self.sparse)",
    **{f"MaxPool{n}d": f"{{F}}.max_pool{n}d({{x}}, {_MAX_POOL})" for n in (1, 2, 3)},
    "AvgPool1d": f"{{F}}.avg_pool1d({{x}}, {_AVG_POOL})",
    "AvgPool2d": f"{{F}}.avg_pool2d({{x}}, {_AVG_POOL}, self.divisor_override)",
    "AvgPool3d": f"{{F}}.avg_pool3d({{x}}, {_AVG_POOL}, self.divisor_override)",
    **{
        f"AdaptiveAvgPool{n}d": f"{{F}}.adaptive_avg_pool{n}d({{x}}, self.output_size)"
        for n in (1, 2, 3)
    },
    "Upsample": "{F}.interpolate({x}, self.size, self.scale_factor, self.mode, "
    "self.align_corners, self.recompute_scale_factor)",
    "Dropout": "{F}.dropout({x}, self.p, self.training, self.inplace)",
    "ReLU": "{F}.relu({x}, self.inplace)",
    "ReLU6": "{F}.relu6({x}, self.inplace)",
    "LeakyReLU": "{F}.leaky_relu({x}, self.negative_slope, self.inplace)",
    "ELU": "{F}.elu({x}, self.alpha, self.inplace)",
    "SiLU": "{F}.silu({x}, self.inplace)",
    "PReLU": "{F}.prelu({x}, self.weight)",
    "GELU": "{F}.gelu({x}, approximate=self.approximate)",
    "Softmax": "{F}.softmax({x}, self.dim)",
    "LogSoftmax": "{F}.log_softmax({x}, self.dim)",
    "CrossEntropyLoss": "{F}.cross_entropy({x}, {y}, self.weight, "
    "ignore_index=self.ignore_index, reduction=self.reduction, "
    "label_smoothing=self.label_smoothing)",
    "NLLLoss": "{F}.nll_loss({x}, {y}, self.weight, ignore_index=self.ignore_index, "
    "reduction=self.reduction)",
    "BCELoss": "{F}.binary_cross_entropy({x}, {y}, self.weight, reduction=self.reduction)",
    "BCEWithLogitsLoss": "{F}.binary_cross_entropy_with_logits({x}, {y}, self.weight, "
    "pos_weight=self.pos_weight, reduction=self.reduction)",
    "MSELoss": "{F}.mse_loss({x}, {y}, reduction=self.reduction)",
    "L1Loss": "{F}.l1_loss({x}, {y}, reduction=self.reduction)",
    "SmoothL1Loss": "{F}.smooth_l1_loss({x}, {y}, reduction=self.reduction, beta=self.beta)",
    "KLDivLoss": "{F}.kl_div({x}, {y}, reduction=self.reduction, log_target=self.log_target)",
}

# Statements that run first. A batch norm counts its batches; a Sequential runs its layers.
FIRST: dict[str, str] = {
    **{
        f"BatchNorm{n}d": "if self.training and self.num_batches_tracked is not None:\n"
        "    self.num_batches_tracked.add_(1)"
        for n in (1, 2, 3)
    },
    "Sequential": "{out} = {x}\nfor layer in self:\n    {out} = layer({out})",
}
