"""Code that says cuda, run on the CPU where there is no CUDA."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode

_LEGACY = ["Float", "Double", "Half", "BFloat16", "Byte", "Char", "Short", "Int", "Long", "Bool"]


@contextlib.contextmanager
def redirected() -> Iterator[None]:
    """Within: tensors made on or sent to cuda are on the CPU, and nothing needs a GPU."""
    with contextlib.ExitStack() as stack:
        for name, value in _stand_ins().items():
            stack.enter_context(mock.patch.object(torch.cuda, name, value, create=True))
        stack.enter_context(_ToCpu())
        yield


def _stand_ins() -> Mapping[str, Any]:
    legacy = {f"{kind}Tensor": getattr(torch, f"{kind}Tensor") for kind in _LEGACY}
    return {
        **legacy,
        "current_device": lambda: 0,
        "device_count": lambda: 1,
        "synchronize": lambda *_: None,
        "empty_cache": lambda: None,
        "set_device": lambda *_: None,
        "device": lambda *_: contextlib.nullcontext(),
        "manual_seed": lambda *_: None,
        "manual_seed_all": lambda *_: None,
    }


class _ToCpu(TorchFunctionMode):
    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if function is torch.Tensor.cuda:
            return args[0].to("cpu")
        if function is torch.device:  # a device is asked for what it says, and compared
            return function(*args, **(kwargs or {}))
        moves = function in (torch.Tensor.to, torch.Tensor.type)
        named = {key: _on_cpu(value, key == "device") for key, value in (kwargs or {}).items()}
        return function(
            *(_on_cpu(value, moves and n == 1) for n, value in enumerate(args)), **named
        )


def _on_cpu(value: Any, says_device: bool) -> Any:
    if isinstance(value, torch.device) and value.type == "cuda":
        return torch.device("cpu")
    if not says_device:
        return value
    if isinstance(value, str):
        return re.sub(r"^cuda(:\d+)?$", "cpu", value.replace("torch.cuda.", "torch."))
    return torch.device("cpu") if type(value) is int else value
