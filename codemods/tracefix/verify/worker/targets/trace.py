"""torch.jit.trace, and torch.jit.trace_module for methods other than forward."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from tracefix.verify.worker.inputs import FORWARD, Inputs
from tracefix.verify.worker.seeds import FIRST, seed
from tracefix.verify.worker.targets.saved import Captured, state_of


def capture(model: Any, inputs: Inputs, whole: bool, strict: bool = False) -> Captured:
    """`model` recorded on `inputs`, with the state that it had before. Raises what torch does."""
    before = state_of(model)
    traced, graph = _recorded(model, inputs, FIRST, strict)
    return Captured(traced, state=before, whole=whole, graph=graph)


def graph(model: Any, inputs: Inputs, seeded: int = FIRST) -> Any:
    """The steps of a recording, those of submodules put in; it moves the model's state. Raises
    what torch does."""
    return _recorded(model, inputs, seeded)[1]


def _recorded(model: Any, inputs: Inputs, seeded: int, strict: bool = False) -> tuple[Any, Any]:
    """The trace and its graph."""
    given = inputs.copy()
    seed(seeded)
    options = {"check_trace": False, "strict": strict}
    if given.method == FORWARD:
        example = (
            {"example_kwarg_inputs": _named(model, given)}
            if given.kwargs
            else {"example_inputs": given.args}
        )
        traced = torch.jit.trace(model, **example, **options)  # type: ignore[no-untyped-call]
        return traced, traced.inlined_graph
    arguments = _named(model, given) if given.kwargs else given.args
    by_name = bool(given.kwargs)
    traced = torch.jit.trace_module(  # type: ignore[no-untyped-call]
        model, {given.method: arguments}, example_inputs_is_kwarg=by_name, **options
    )
    return traced, getattr(traced, given.method).inlined_graph


def _named(model: Any, inputs: Inputs) -> dict[str, Any]:
    """All arguments by name: torch takes either all by position or all by name."""
    bound = inspect.signature(inputs.function(model)).bind(*inputs.args, **inputs.kwargs)
    return dict(bound.arguments)
