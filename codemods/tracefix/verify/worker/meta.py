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


# Code that says cpu() means it, as it does for values that it is to read there.
_READERS = (torch.Tensor.tolist, torch.Tensor.numpy, torch.Tensor.cpu)


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


def allowed(run: Run, output: Node) -> list[Node]:
    """What the rewritten module may give there, by the original's run and its output elsewhere.

    All of it on meta, as a captured form has to, or else as the original does. Nothing is told
    where values decide what happens.
    """
    if run.output is not None:
        return [_with(output, device="meta", value=None), _with(run.output, value=None)]
    return [_with(output, device="meta", value=None)] if is_misplaced(run) else []


def _with(node: Node, **traits: Any) -> Node:
    """A snapshot whose tensors have other traits."""
    if node["kind"] == "tensor":
        return {**node, **traits}
    if node["kind"] == "sequence":
        return {**node, "items": [_with(item, **traits) for item in node["items"]]}
    if "items" in node:
        items = {key: _with(item, **traits) for key, item in node["items"].items()}
        return {**node, "items": items}
    return node
