"""torch.jit.trace."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.seeds import FIRST, seed
from tracefix.verify.worker.targets.saved import Captured, state_of


def capture(model: Any, inputs: Inputs, whole: bool, strict: bool = False) -> Captured:
    """`model` recorded on `inputs`, with the state that it had before. Raises what torch does."""
    before = state_of(model)
    recorded = record(model, inputs, strict=strict)
    return Captured(recorded, state=before, whole=whole, graph=recorded.inlined_graph)


def record(model: Any, inputs: Inputs, seeded: int = FIRST, *, strict: bool = False) -> Any:
    """The trace itself; recording moves the model's state. Raises what torch does."""
    given = inputs.copy()
    seed(seeded)
    example = (
        {"example_kwarg_inputs": _named(model, given)}
        if given.kwargs
        else {"example_inputs": given.args}
    )
    return torch.jit.trace(  # type: ignore[no-untyped-call]
        model, check_trace=False, strict=strict, **example
    )


def _named(model: Any, inputs: Inputs) -> dict[str, Any]:
    """All arguments by name: torch takes either all by position or all by name."""
    function = model.forward if isinstance(model, torch.nn.Module) else model
    bound = inspect.signature(function).bind(*inputs.args, **inputs.kwargs)
    return dict(bound.arguments)
