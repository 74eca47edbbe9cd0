"""A live value as the text of an expression that makes it, or one like it, again."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from types import FunctionType, SimpleNamespace
from typing import Any

import torch

_DEEPEST, _LONGEST = 6, 64


class Untold(Exception):
    """Nothing that could be written would make this value."""


def told(value: Any, home: str, modules: Mapping[int, tuple[str, str]], depth: int = 0) -> str:
    """The text of `value`, in a namespace where `module` is the module named `home`.

    Tensors are told by their sizes and kind. `modules` has the texts of modules by their id, and the
    module in which each holds ("" for any).
    Raises Untold.
    """
    if depth > _DEEPEST:
        raise Untold

    def inner(item: Any) -> str:
        return told(item, home, modules, depth + 1)

    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, torch.nn.Module):
        text, where = modules.get(id(value), ("", None))
        if where not in ("", home):
            raise Untold
        return text
    if value is None or value is Ellipsis or type(value) in (bool, int, str, bytes):
        return repr(value)
    if type(value) is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if isinstance(value, (torch.dtype, torch.device)):
        return repr(value) if isinstance(value, torch.dtype) else f"torch.{value!r}"
    if type(value) in (list, tuple, set, torch.Size) and len(value) <= _LONGEST:
        return _several(value, [inner(item) for item in value])
    if isinstance(value, dict) and len(value) <= _LONGEST:
        text = f"{{{', '.join(f'{inner(k)}: {inner(v)}' for k, v in value.items())}}}"
        return text if type(value) is dict else f"Settings({text})"
    if type(value) is SimpleNamespace:
        return f"SimpleNamespace({', '.join(f'{k}={inner(v)}' for k, v in vars(value).items())})"
    if isinstance(value, (type, FunctionType)) or callable(value):
        return _named(value, home)
    raise Untold


def _several(value: Any, items: list[str]) -> str:
    inside = ", ".join(items)
    if isinstance(value, list):
        return f"[{inside}]"
    if isinstance(value, set):
        return f"{{{inside}}}" if items else "set()"
    return f"({inside},)" if len(items) == 1 else f"({inside})"


def _tensor(tensor: torch.Tensor) -> str:
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.layout != torch.strided:
        raise Untold
    shape, plain = tuple(tensor.shape), tensor.detach()
    sizes = ", ".join(map(str, shape)) if shape else "()"
    if tensor.dtype is torch.bool:
        return f"torch.rand({sizes}) > 0.5"
    if tensor.is_floating_point():
        negative = plain.numel() > 0 and bool((plain < 0).any())
        text = f"torch.randn({sizes})" if negative else f"torch.rand({sizes})"
    elif tensor.is_complex() or not plain.numel():
        raise Untold
    else:
        text = f"torch.randint({int(plain.min())}, {int(plain.max()) + 1}, {shape})"
    usual = torch.float32 if tensor.is_floating_point() else torch.int64
    return text if tensor.dtype is usual else f"{text}.to({tensor.dtype!r})"


def _named(value: Any, home: str) -> str:
    """A class or function by a name under which it can be found again."""
    name = getattr(value, "__qualname__", getattr(value, "__name__", ""))
    owner = getattr(value, "__module__", None)
    if owner == home and _at(sys.modules.get(home), name) is value:
        return f"module.{name}"
    for prefix, library in (
        ("torch.nn", torch.nn),
        ("torch.nn.functional", torch.nn.functional),
        ("torch", torch),
    ):
        if _at(library, name) is value:
            return f"{prefix}.{name}"
    raise Untold


def _at(holder: Any, name: str) -> Any:
    for part in name.split(".") if name else ():
        holder = getattr(holder, part, None)
    return holder if name else None
