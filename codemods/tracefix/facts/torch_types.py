"""What torch's functions, methods and layers give back, where that is not a Tensor.

Nearly everything gives a Tensor; these are the exceptions that model code uses.
"""

from __future__ import annotations

import re

# Of torch.Tensor: methods, by what calling them gives.
METHOD_RESULTS = {
    "size": "torch.Size",  # without an argument; with one it is an int
    "dim": "int",
    "ndimension": "int",
    "numel": "int",
    "nelement": "int",
    "element_size": "int",
    "stride": "Tuple[int, ...]",
    "get_device": "int",
    "item": "number",
    "tolist": "list",
    "is_contiguous": "bool",
    "is_floating_point": "bool",
    "is_complex": "bool",
    "equal": "bool",
    "allclose": "bool",
    "numpy": "ndarray",
    "chunk": "List[Tensor]",
    "split": "List[Tensor]",
    "unbind": "List[Tensor]",
    "tensor_split": "List[Tensor]",
    "topk": "Tuple[Tensor, Tensor]",
    "sort": "Tuple[Tensor, Tensor]",
    "kthvalue": "Tuple[Tensor, Tensor]",
    "mode": "Tuple[Tensor, Tensor]",
    "cummax": "Tuple[Tensor, Tensor]",
    "cummin": "Tuple[Tensor, Tensor]",
    "qr": "Tuple[Tensor, Tensor]",
    "svd": "Tuple[Tensor, Tensor, Tensor]",
    "backward": "None",
    "data_ptr": "int",
}

# These give a Tensor for a whole reduction and a pair (values, indices) along a dimension.
PAIR_WITH_DIM = frozenset({"max", "min", "median", "nanmedian"})

# Of torch.Tensor: methods that take a dimension by name.
REDUCING = PAIR_WITH_DIM | {
    "sum", "mean", "prod", "std", "var", "norm", "all", "any", "amax", "amin", "argmax", "argmin",
    "nansum", "nanmean", "logsumexp", "cumsum", "cumprod", "cummax", "cummin", "softmax",
    "log_softmax", "squeeze", "unsqueeze", "sort", "argsort", "topk", "kthvalue", "mode", "unbind",
    "chunk", "count_nonzero", "quantile",
}  # fmt: skip

# Of torch.Tensor: attributes, by their type.
ATTRIBUTES = {
    "shape": "torch.Size",
    "dtype": "dtype",
    "device": "device",
    "layout": "layout",
    "ndim": "int",
    "is_cuda": "bool",
    "is_sparse": "bool",
    "is_leaf": "bool",
    "is_quantized": "bool",
    "requires_grad": "bool",
    **dict.fromkeys(("T", "mT", "H", "mH", "data", "grad", "real", "imag"), "Tensor"),
}

# Modules of torch whose functions do not, as a rule, give a Tensor.
_WITHOUT_TENSORS = (
    "torch.backends.", "torch.cuda.", "torch.distributed.", "torch.jit.", "torch.nn.utils.",
    "torch.utils.",
)  # fmt: skip

# Functions under torch., by what they give (those named like a method share its entry).
FUNCTION_RESULTS = {
    "torch.is_tensor": "bool",
    "torch.is_floating_point": "bool",
    "torch.is_complex": "bool",
    "torch.is_grad_enabled": "bool",
    "torch.cuda.is_available": "bool",
    "torch.numel": "int",
    "torch.device": "device",
    "torch.Size": "torch.Size",
    "torch.broadcast_tensors": "List[Tensor]",
    "torch.meshgrid": "List[Tensor]",
    "torch.finfo": "finfo",
    "torch.iinfo": "finfo",
    "torch.no_grad": "context",
    "torch.manual_seed": "generator",
    "torch.jit.is_scripting": "bool",
    "torch.jit.is_tracing": "bool",
    "torch.nn.utils.parameters_to_vector": "Tensor",
    "torch.nn.utils.rnn.pad_packed_sequence": "Tuple[Tensor, Tensor]",
    "torch.nn.utils.rnn.pad_sequence": "Tensor",
    "torch.typename": "str",
}

# Layers of torch.nn whose call gives something other than one Tensor.
LAYER_RESULTS = {
    "torch.nn.LSTM": "Tuple[Tensor, Tuple[Tensor, Tensor]]",
    "torch.nn.GRU": "Tuple[Tensor, Tensor]",
    "torch.nn.RNN": "Tuple[Tensor, Tensor]",
    "torch.nn.LSTMCell": "Tuple[Tensor, Tensor]",
    "torch.nn.MultiheadAttention": "Tuple[Tensor, Optional[Tensor]]",
}

# Python's builtins and math, by what they give for Python arguments.
BUILTIN_RESULTS = {
    "int": "int",
    "len": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "repr": "str",
    "isinstance": "bool",
    "hasattr": "bool",
    "callable": "bool",
    "any": "bool",
    "all": "bool",
    "id": "int",
    "range": "range",
    "print": "None",
    "math.sqrt": "float",
    "math.log": "float",
    "math.log2": "float",
    "math.exp": "float",
    "math.pow": "float",
    "math.floor": "int",
    "math.ceil": "int",
    "math.prod": "number",
    "math.pi": "float",
    "random.random": "float",
    "random.uniform": "float",
    "random.gauss": "float",
    "random.randint": "int",
    "random.randrange": "int",
}


def gives_no_tensor(name: str) -> bool:
    """Whether a function of torch is private, or of a module whose functions give no Tensor."""
    if name.startswith("torch.") and "._" in name:
        return True
    return name.startswith(_WITHOUT_TENSORS) and not name.endswith("Tensor")


_CONSTANT = frozenset(
    {"int", "float", "bool", "str", "None", "NoneType", "Tuple", "List", "Optional"}
)


def is_constant_type(type_: str) -> bool:
    """Whether TorchScript takes values of a type as constants: numbers, strings, None, and so on."""
    return set(re.findall(r"[^\W\d]\w*|\.\.\.|\?", type_)) <= _CONSTANT


def split_top(inner: str) -> list[str]:
    """The comma-separated parts of a type's brackets: "int, List[int, x]" gives two."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(inner):
        depth += (char == "[") - (char == "]")
        if char == "," and depth == 0:
            parts.append(inner[start:at].strip())
            start = at + 1
    return [*parts, inner[start:].strip()]


def arguments(type_: str) -> list[str]:
    """What stands in a type's brackets: "Tuple[int, str]" gives ["int", "str"]."""
    return split_top(type_[type_.index("[") + 1 : -1]) if "[" in type_ else []


def element(type_: str) -> str | None:
    """What iterating over a value of a type yields, or None where that is not known."""
    if type_ == "Tensor":
        return "Tensor"
    if type_ in ("torch.Size", "range", "List[int]", "Tuple[int, ...]"):
        return "int"
    if type_.startswith("List["):
        return arguments(type_)[0]
    if type_.startswith("Tuple["):
        parts = set(arguments(type_)) - {"..."}
        return parts.pop() if len(parts) == 1 else None
    if type_.startswith("Dict["):
        return arguments(type_)[0]
    return None
