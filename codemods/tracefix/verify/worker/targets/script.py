"""torch.jit.script."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from tracefix.verify.worker.inputs import FORWARD, Inputs
from tracefix.verify.worker.targets.saved import Captured


def export(model: Any, inputs: Inputs) -> None:
    """Have the method that takes `inputs` compiled with forward, as `@torch.jit.export` would.

    All of a class's come before the first `capture`: torch compiles a type once.
    """
    if inputs.method != FORWARD:
        torch.jit.export(getattr(type(model), inputs.method))


def capture(model: Any, _: Inputs, whole: bool) -> Captured:
    """`model` compiled. Raises what torch does."""
    scripted = torch.jit.script(model)
    # A scripted function loses its defaults when it is saved, a module's forward does not.
    is_module = isinstance(model, torch.nn.Module)
    signature = None if is_module else inspect.signature(model)
    return Captured(scripted, signature, whole=whole)
