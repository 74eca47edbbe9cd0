"""Runs on the meta device: whether everything in forward is where its data is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.mixing import OneDevice
from tracefix.verify.worker.runs import Run, call
from tracefix.verify.worker.snapshot import Node

_MISPLACED = (
    "on the same device",
    "is not on the expected device",
    "Cannot copy out of meta tensor",
    "device type",
    "CUDA",
    "cuda",
    "must be on the same device",
    "Expected all tensors",
    "different device",
)


_READERS = (torch.Tensor.tolist, torch.Tensor.numpy)


class _WithoutValues(TorchFunctionMode):
    """Says of all that reads values what torch says of item(): it is not a device that is wrong."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _READERS and args[0].is_meta:
            raise RuntimeError(f"Tensor.{func.__name__}() cannot be called on meta tensors")
        return func(*args, **(kwargs or {}))


def run(model: Any, inputs: Inputs) -> Run:
    """A call with model and inputs on the meta device."""
    if isinstance(model, torch.nn.Module):
        model = model.to("meta")
    with _WithoutValues():
        return call_captured(model, inputs)


def call_captured(model: Any, inputs: Inputs) -> Run:
    """A call with inputs on the meta device, where the model is already."""
    mode = OneDevice()  # type: ignore[no-untyped-call]
    with mode:
        run = call(model, inputs.changed(lambda tensor: tensor.to("meta")))
    if run.error is None or mode.error in str(run.error):
        return run
    return replace(run, error=RuntimeError(f"{str(run.error).rstrip()} {mode.error}"))


def is_misplaced(run: Run) -> bool:
    """Whether a run failed since something was made on a device of its own."""
    text = str(run.error)
    if run.error is None or "cannot be called on meta tensors" in text:
        return False
    return any(mark in text for mark in _MISPLACED)


def moved(node: Node) -> Node:
    """What a snapshot would have been on the meta device: no values, other devices."""
    if node["kind"] == "tensor":
        return {**node, "device": "meta", "value": None}
    if node["kind"] == "sequence":
        return {**node, "items": [moved(item) for item in node["items"]]}
    if "items" in node:
        return {**node, "items": {key: moved(item) for key, item in node["items"].items()}}
    return node
