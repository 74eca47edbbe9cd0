"""What a value was, in plain structures that another process can read and compare.

No class of the user's is pickled: the other process may hold another version of it.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

import torch

Node = dict[str, Any]

_DEEPEST = 20


def snapshot(value: Any, depth: int = 0) -> Node:
    """`value` as nodes: its kind, its type's name, and what it holds."""
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    name = type(value).__qualname__
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        plain = value.value if isinstance(value, enum.Enum) else value
        return {"kind": "plain", "type": name, "value": plain}
    if isinstance(value, (torch.dtype, torch.device, torch.layout, enum.Enum, type)):
        return {"kind": "plain", "type": name, "value": str(value)}
    if depth > _DEEPEST:
        return {"kind": "opaque", "type": name}
    if isinstance(value, (list, tuple)):
        listed = [snapshot(item, depth + 1) for item in value]
        names = list(getattr(value, "_fields", ()))
        return {"kind": "sequence", "type": name, "items": listed, "names": names}
    if isinstance(value, dict):
        items = {_key(key): snapshot(item, depth + 1) for key, item in value.items()}
        return {"kind": "mapping", "type": name, "items": items}
    return _object(value, name, depth)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else f"<{key!r}>"


def _object(value: Any, name: str, depth: int) -> Node:
    if isinstance(value, (set, frozenset)):
        return {"kind": "plain", "type": name, "value": sorted(map(repr, value))}
    if type(value).__module__ == "numpy":
        return {"kind": "object", "type": name, "items": {"": _tensor(torch.as_tensor(value))}}
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    elif isinstance(value, torch.nn.Module) or callable(value) or not hasattr(value, "__dict__"):
        return {"kind": "opaque", "type": name}
    else:
        fields = dict(vars(value))
    items = {key: snapshot(item, depth + 1) for key, item in fields.items()}
    return {"kind": "object", "type": name, "items": items}


def _tensor(tensor: torch.Tensor) -> Node:
    return {
        "kind": "tensor",
        "type": type(tensor).__qualname__,
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "device": tensor.device.type,
        "layout": str(tensor.layout),
        "requires_grad": tensor.requires_grad,
        "value": _values(tensor),
    }


def _values(tensor: torch.Tensor) -> torch.Tensor | None:
    if tensor.is_meta:
        return None
    plain = tensor.detach()
    if plain.layout != torch.strided:
        plain = plain.to_dense()
    if plain.is_quantized:
        plain = plain.dequantize()
    # resolve_conj and resolve_neg: torch.save keeps such bits, and loading them is refused.
    return plain.as_subclass(torch.Tensor).resolve_conj().resolve_neg().cpu().clone()
