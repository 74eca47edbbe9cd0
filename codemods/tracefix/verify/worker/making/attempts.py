"""One try of a model and its inputs: what came of it, and the operation that it failed in."""

from __future__ import annotations

import contextlib
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_ORIGIN = "_tracefix_origin"
_FILLING = (torch.Tensor.uniform_, torch.Tensor.normal_)
_LARGE = 1 << 16  # elements


@dataclass(frozen=True)
class Operation:
    """A call that raised: of torch's functions, or of one of its layers."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Frame:
    """A step of a traceback, outermost first: the function, its line, and its variables."""

    function: str
    file: str
    line: int
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """Where and why a try ended."""

    error: BaseException
    progress: int  # operations of torch that went well before
    operation: Operation | None
    frames: tuple[Frame, ...]


@dataclass
class Watch(TorchFunctionMode):
    """Counts the operations of torch, and keeps the one that raised."""

    done: int = 0
    failed: tuple[BaseException, Operation] | None = None
    following: bool = False
    building: bool = False  # large parameters are then left as they are: only sizes matter

    def __post_init__(self) -> None:
        super().__init__()

    def follow(self, number: int, value: Any) -> None:
        """Note that `value` is (of) an input."""
        self.following = True
        for tensor in tensors_in(value):
            _mark(tensor, number, True)

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if self.building and (spared := _large_to_fill(function, args, given)) is not None:
            return spared
        try:
            result = function(*args, **given)
        except Exception as error:
            if self.failed is None or self.failed[0] is not error:
                self.failed = (error, Operation(function, args, given))
            raise
        self.done += 1
        if self.following and isinstance(result, (torch.Tensor, tuple, list)):
            _trace(result, (*args, *given.values()))
        return result


def _large_to_fill(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> torch.Tensor | None:
    """The large tensor that a function of torch.nn.init, or of its kind, is to fill."""
    if function not in _FILLING and getattr(function, "__module__", "") != "torch.nn.init":
        return None
    tensor = args[0] if args else kwargs.get("tensor")
    return tensor if isinstance(tensor, torch.Tensor) and tensor.numel() > _LARGE else None


def origin(tensor: torch.Tensor) -> tuple[int, bool] | None:
    """Of which input a tensor was made, and whether it still has that input's sizes."""
    found: tuple[int, bool] | None = getattr(tensor, _ORIGIN, None)
    return found


def _mark(tensor: torch.Tensor, number: int, same: bool) -> None:
    with contextlib.suppress(Exception):  # a subclass may take no attributes
        setattr(tensor, _ORIGIN, (number, same))


def _trace(result: Any, given: tuple[Any, ...]) -> None:
    """Carry over to an operation's results which input they are of."""
    sources = [(t, o) for t in tensors_in(given) if (o := origin(t)) is not None]
    if not sources:
        return
    first, (number, exact) = sources[0]
    alone = len({o[0] for _, o in sources}) == 1
    for tensor in tensors_in(result):
        if origin(tensor) is None:
            _mark(tensor, number, exact and alone and tensor.shape == first.shape)


def tensors_in(value: Any, depth: int = 0) -> list[torch.Tensor]:
    """The tensors in a value, also in lists, tuples and dicts."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)) and depth < 3:
        return [tensor for item in value[:16] for tensor in tensors_in(item, depth + 1)]
    if isinstance(value, dict) and depth < 3:
        return [
            tensor for item in list(value.values())[:16] for tensor in tensors_in(item, depth + 1)
        ]
    return []


def failure(error: BaseException, watch: Watch) -> Failure:
    """What is known of an exception that ended a try."""
    frames = tuple(
        Frame(frame.f_code.co_name, frame.f_code.co_filename, line, frame.f_locals)
        for frame, line in traceback.walk_tb(error.__traceback__)
    )
    operation = _layer_that_raised(error)
    if operation is None and watch.failed is not None and watch.failed[0] is error:
        operation = watch.failed[1]
    return Failure(error, watch.done, operation, frames)


def _layer_that_raised(error: BaseException) -> Operation | None:
    """The innermost of torch's own layers in whose forward an exception was raised."""
    found = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        layer = frame.f_locals.get("self")
        if frame.f_code.co_name != "forward" or not isinstance(layer, torch.nn.Module):
            continue
        if type(layer).__module__.startswith("torch.nn.modules"):
            found = _called(layer, frame) or found
    return found


def _called(layer: torch.nn.Module, frame: FrameType) -> Operation | None:
    if isinstance(layer, (torch.nn.Sequential, torch.nn.ModuleList)):
        return None
    try:
        names = list(inspect.signature(layer.forward).parameters)
    except (TypeError, ValueError):
        return None
    given = {name: frame.f_locals[name] for name in names if name in frame.f_locals}
    if any(
        isinstance(value, (tuple, dict)) and name in ("args", "kwargs")
        for name, value in given.items()
    ):
        return None
    return Operation(layer, (), given)
