"""The call of a GRU as torch.gru, on the same parameters."""

from __future__ import annotations

import ast

from tracefix.facts import Facts
from tracefix.facts.layers import Layer
from tracefix.facts.literals import literal_int
from tracefix.facts.regions import Stays
from tracefix.rewrite.change import Edit, replace
from tracefix.rules.functional_layers import Ask

RECURRENT = ("GRU", "LSTM")
# What __init__ is given behind the two sizes, in order.
_PLACES = ("num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size")


def recurrent_edit(call: ast.Call, layer: Layer, ask: Ask, facts: Facts) -> Edit:
    """What makes the call of a layer that of its function. Raises Stays."""
    if layer.kind == "LSTM":
        raise Stays(
            f"{layer.name} checks its input, and torch.lstm reads past the end of a short one"
        )
    if len(call.args) != 2:
        raise Stays(
            f"it calls {ast.unparse(call.func)} without a state, which starts as zeros then"
        )
    data, state = call.args
    if not facts.types.is_tensor(state):
        raise Stays(f"{ast.unparse(state)} is not known to be a tensor")
    return replace(call, _function(layer, "{data}", "{state}", ask), data=data, state=state)


def _function(layer: Layer, data: str, state: str, ask: Ask) -> str:
    """The function's call on an input and a state, given as they stand in a template."""
    given = _arguments(layer)
    layers = literal_int(given["num_layers"]) if "num_layers" in given else 1
    if layers is None:
        raise Stays(f"how many layers {layer.name} has is not written out")
    bias = _flag(layer, given.get("bias"), default=True)
    both_ways = _flag(layer, given.get("bidirectional"), default=False)
    parts = ("weight_ih", "weight_hh", *(("bias_ih", "bias_hh") if bias else ()))
    rows = [
        ", ".join(ask(f"{part}_l{number}{way}", "Tensor") for part in parts)
        for number in range(layers)
        for way in ("", "_reverse")[: 1 + both_ways]
    ]
    weights = rows[0] if len(rows) == 1 else "".join(f"\n        {r}," for r in rows) + "\n    "
    rate = _value(given["dropout"], "dropout", "float", ask) if "dropout" in given else "0.0"
    first = (
        _value(given["batch_first"], "batch_first", "bool", ask)
        if "batch_first" in given
        else "False"
    )
    settings = (str(bias), str(layers), rate, ask("training", "bool"), str(both_ways), first)
    # A line for each of these: together they are far too long for one.
    lines = (data, state, f"[{weights}]", ", ".join(settings))
    return "torch.gru(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def _arguments(layer: Layer) -> dict[str, ast.expr]:
    """What __init__ is given behind the sizes. Raises Stays where that is more than is known."""
    if len(layer.call.args) > 2 + len(_PLACES):
        raise Stays(f"an argument of {layer.name} is not known")
    given = dict(zip(_PLACES, layer.call.args[2:], strict=False))
    given |= {k.arg: k.value for k in layer.call.keywords if k.arg is not None}
    others = set(given) - set(_PLACES) - {"input_size", "hidden_size"}
    if others or "proj_size" in given or any(k.arg is None for k in layer.call.keywords):
        raise Stays(f"{layer.name} is made with other arguments than are known")
    if any(isinstance(a, ast.Starred) for a in layer.call.args):
        raise Stays(f"{layer.name} is made with starred arguments")
    return given


def _flag(layer: Layer, node: ast.expr | None, *, default: bool) -> bool:
    """A flag that decides which parameters there are."""
    if node is None:
        return default
    if not isinstance(node, ast.Constant) or not isinstance(node.value, bool):
        raise Stays(f"which parameters {layer.name} has is not written out")
    return node.value


def _value(node: ast.expr, name: str, type_: str, ask: Ask) -> str:
    if not isinstance(node, ast.Constant):
        return ask(name, type_)
    return str(float(node.value)) if type_ == "float" else str(node.value)  # type: ignore[arg-type]
