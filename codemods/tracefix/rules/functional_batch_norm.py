"""The call of a BatchNorm as F.batch_norm, with the count of its batches in front."""

from __future__ import annotations

import ast

from tracefix.facts import Facts
from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.layers import Layer, layers_of
from tracefix.facts.regions import Stays
from tracefix.facts.tree import walk
from tracefix.rewrite.change import Edit, before, replace
from tracefix.rules.functional_layers import Ask

BATCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
_STATE = ("running_mean", "running_var", "weight", "bias")


def batch_norm_edits(
    call: ast.Call, layer: Layer, functional: str, ask: Ask, facts: Facts
) -> list[Edit]:
    """The function, which moves the running statistics, and the count. Raises Stays."""
    if len(call.args) != 1 or any(isinstance(a, ast.Starred) for a in layer.call.args):
        raise Stays(f"{layer.name} is called, or made, with other arguments than are known")
    for name, place in (("affine", 3), ("track_running_stats", 4)):
        if layer.given(name, place) is not None:
            raise Stays(f"{layer.name} is made with {name}=")
    momentum = _number(layer, "momentum", 2, "0.1")
    eps = _number(layer, "eps", 1, "1e-05")
    reason = why_not_hoisted(call, facts.unit)
    if reason is not None:
        raise Stays(f"{layer.name} counts its batches, and {reason}")
    given = ", ".join(ask(name, "Tensor") for name in _STATE)
    training = ask("training", "bool")
    statement = facts.unit.statement(call)
    if any(
        isinstance(n, ast.Call) and n is not call and _is_one(n, facts) for n in walk(statement)
    ):
        raise Stays("one statement calls several layers that count their batches")
    # The layer counts when its input is there, and before it may reject it.
    data = facts.fresh("given")
    count = ask("num_batches_tracked", "Tensor")
    lines = f"{data} = {{value}}\nif {training}:\n    {count}.add_(1)"
    form = f"{functional}.batch_norm({data}, {given}, {training}, {momentum}, {eps})"
    return [before(statement, lines, value=call.args[0]), replace(call, form)]


def _is_one(call: ast.Call, facts: Facts) -> bool:
    return any(layer.kind in BATCH_NORMS for layer in layers_of(call.func, facts))


def _number(layer: Layer, name: str, place: int, default: str) -> str:
    value = layer.given(name, place)
    if value is None:
        return default
    if not isinstance(value, ast.Constant) or type(value.value) not in (int, float):
        raise Stays(f"{name} of {layer.name} is not written out")
    return repr(float(value.value))  # type: ignore[arg-type]
