"""torch.jit.trace."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.seeds import seed
from tracefix.verify.worker.targets.saved import Captured, state_of


def capture(model: Any, inputs: Inputs, whole: bool) -> Captured:
    """`model` recorded on `inputs`, with the state that it had before. Raises what torch does."""
    before, given = state_of(model), inputs.copy()
    seed()
    example = (
        {"example_kwarg_inputs": _named(model, given)}
        if given.kwargs
        else {"example_inputs": given.args}
    )
    recorded = torch.jit.trace(model, check_trace=False, strict=False, **example)  # type: ignore[no-untyped-call]
    return Captured(recorded, state=before, whole=whole)


def _named(model: Any, inputs: Inputs) -> dict[str, Any]:
    """All arguments by name: torch takes either all by position or all by name."""
    function = model.forward if isinstance(model, torch.nn.Module) else model
    bound = inspect.signature(function).bind(*inputs.args, **inputs.kwargs)
    return dict(bound.arguments)
