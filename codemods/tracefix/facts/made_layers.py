"""Layers that forward makes for itself: `nn.Softmax(dim=-1)(x)`, `loss = nn.MSELoss()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.layers import Layer, layer_of
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class MadeLayer:
    """A layer made in a function, the calls of it, and the variable that holds it in between."""

    layer: Layer
    calls: tuple[ast.Call, ...]
    assignment: ast.Assign | None = None
    other_uses: bool = False  # whether the variable is read for more than to be called


def made_layers(facts: Facts) -> Iterator[MadeLayer]:
    """The layers of torch.nn that forward makes and calls."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        function = facts.unit.function_of(call)
        layer = layer_of(call, facts)
        if layer is None or not layer.kind or function is None or function.name == "__init__":
            continue
        above = facts.unit.parents[call]
        if isinstance(above, ast.Call) and above.func is call:
            yield MadeLayer(layer, (above,))
        elif isinstance(above, ast.Assign) and above.value is call:
            held = _held(layer, above, function, facts)
            if held is not None:
                yield held


def _held(
    layer: Layer, assignment: ast.Assign, function: FunctionNode, facts: Facts
) -> MadeLayer | None:
    """The layer that is a variable's only value."""
    target = assignment.targets[0]
    if len(assignment.targets) > 1 or not isinstance(target, ast.Name):
        return None
    if len(facts.unit.binders(function, target.id)) > 1:
        return None
    calls: list[ast.Call] = []
    others = False
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == target.id and node is not target:
            above = facts.unit.parents[node]
            if isinstance(above, ast.Call) and above.func is node:
                calls.append(above)
            else:
                others = True
    return MadeLayer(layer, tuple(calls), assignment, others)
