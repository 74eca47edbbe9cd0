"""Functions and methods that compute each element of their result from the elements at its place."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracefix.facts import Facts

FUNCTIONS = frozenset(
    {
        "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "celu",
        "clamp", "cos", "cosh", "div", "elu", "eq", "erf", "erfc", "exp", "expm1", "floor", "frac",
        "ge", "gelu", "gt", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hypot", "isfinite",
        "isinf", "isnan", "le", "leaky_relu", "lerp", "log", "log10", "log1p", "log2", "logsigmoid",
        "lt", "maximum", "minimum", "mish", "mul", "ne", "neg", "pow", "reciprocal", "relu", "relu6",
        "rsqrt", "selu", "sigmoid", "sign", "silu", "sin", "sinh", "softplus", "softsign", "sqrt",
        "square", "sub", "tan", "tanh", "tanhshrink", "trunc", "where",
    }
)  # fmt: skip

# Of torch.nn.functional: those whose `inplace` can be given by its place.
_WITH_INPLACE = frozenset(
    {
        "relu", "relu6", "elu", "selu", "celu", "silu", "mish", "hardtanh", "hardswish",
        "hardsigmoid", "leaky_relu",
    }
)  # fmt: skip


def may_write(call: ast.Call, facts: Facts) -> bool:
    """Whether a positional argument could be `inplace`: anything but a number where one is possible."""
    module, _, short = (facts.unit.resolve(call.func) or "").rpartition(".")
    if module != "torch.nn.functional" or short not in _WITH_INPLACE:
        return False
    return any(facts.types.of(argument) not in ("int", "float") for argument in call.args[1:])
