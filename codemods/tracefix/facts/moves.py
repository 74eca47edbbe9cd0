"""Calls that put a tensor on another device.

`.cuda()`, `.to(device)`, `.to(other)`, `.type(torch.cuda.FloatTensor)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.devices import Device, Kind, SameAs, device_of, is_kept_as_code, is_tensor_like
from tracefix.facts.tensor_types import tensor_type

if TYPE_CHECKING:
    from tracefix.facts import Facts

_QUIET = frozenset({"device", "dtype", "non_blocking"})


@dataclass(frozen=True, eq=False)
class Move:
    """A call that moves a tensor."""

    call: ast.Call
    value: ast.expr  # what is moved
    device: Device
    said: ast.expr | None = None  # the expression that names the device
    dtype: ast.expr | str | None = None  # what it is converted to on the way
    like: ast.expr | None = None  # of `.to(other)`: gives the dtype as well


def moves(facts: Facts) -> Iterator[Move]:
    """Those that forward reaches, in text order."""
    for node in facts.in_forward(ast.Call):
        assert isinstance(node, ast.Call)
        found = move_of(node, facts)
        if found is not None and not is_kept_as_code(node, facts):
            yield found


def move_of(call: ast.Call, facts: Facts) -> Move | None:
    """The move that a call is, or None. `.to(dtype)` is none, nor is moving a module."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("cuda", "to", "type"):
        return None
    value = call.func.value
    if not is_tensor_like(value, facts) or any(k.arg not in _QUIET for k in call.keywords):
        return None
    if call.func.attr == "cuda":
        return Move(call, value, Kind.ACCELERATOR)
    if call.func.attr == "type":
        return _type(call, value, facts)
    return _to(call, value, facts)


def _type(call: ast.Call, value: ast.expr, facts: Facts) -> Move | None:
    typed = tensor_type(call.args[0], facts) if len(call.args) == 1 else None
    if typed is None or not typed.on_cuda:
        return None
    return Move(call, value, Kind.ACCELERATOR, dtype=typed.dtype)


def _to(call: ast.Call, value: ast.expr, facts: Facts) -> Move | None:
    given = {k.arg: k.value for k in call.keywords}
    target = call.args[0] if call.args else given.get("device")
    if target is None or len(call.args) > 2:
        return None
    if call.args and facts.types.is_tensor(target):
        return Move(call, value, SameAs(target), like=target) if len(call.args) == 1 else None
    device = device_of(target, facts)
    if device is None:
        return None
    dtype = call.args[1] if len(call.args) == 2 else given.get("dtype")
    return Move(call, value, device, target, dtype)
