"""Which parameter `next(self.parameters())` gives: the first that __init__ registers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.fixed_conditions import types_held
from tracefix.facts.layers import POINTWISE
from tracefix.facts.own_parameters import is_parameter
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.torch_types import is_constant_type
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

# What a layer of torch.nn registers first, whatever it is made with.
_FIRST = {
    **dict.fromkeys(
        (
            "Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d",
            "ConvTranspose2d", "ConvTranspose3d", "Embedding", "EmbeddingBag", "PReLU",
        ),
        "weight",
    ),
    **dict.fromkeys(("LSTMCell", "GRUCell", "RNNCell"), "weight_ih"),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "weight_ih_l0"),
}  # fmt: skip
_WITHOUT = POINTWISE | {
    "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "Identity", "Flatten",
    "Softmax", "LogSoftmax", "Unflatten", "PixelShuffle", "Upsample", "MaxPool1d", "MaxPool2d",
    "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d", "ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d",
}  # fmt: skip
_REGISTERING = ("register_parameter", "add_module", "register_module", "setattr", "__setattr__")


@dataclass(frozen=True)
class _Unknown:
    """The text does not tell."""


_UNKNOWN = _Unknown()


def first_parameter(info: ClassInfo, facts: Facts) -> str | None:
    """The path from self, `encoder[0].weight`; None where the text does not tell.

    A module gives its own parameters first, then those of its submodules, each in the order in
    which they were registered.
    """
    found = _of_class(info, facts, frozenset())
    return found if isinstance(found, str) else None


def _of_class(info: ClassInfo, facts: Facts, above: frozenset[ast.AST]) -> str | _Unknown | None:
    """The path; None where the class has no parameter."""
    init = info.methods.get("__init__")
    bases = [info.unit.resolve(base) for base in info.node.bases]
    plain = bases == ["torch.nn.Module"] and info.node not in above
    if not plain or init is None or any(facts.project.derived(info)):
        return _UNKNOWN
    outside = [n for n in walk(info.node) if n not in set(walk(init))]
    if any(_may_register(node, info) for node in outside):
        return _UNKNOWN
    children: list[str | _Unknown] = []
    for statement in init.body:
        if is_parameter(statement, info):
            assert isinstance(statement, ast.Assign)
            target = statement.targets[0]
            assert isinstance(target, ast.Attribute)
            return target.attr  # all in front of it are known to be none
        made = _made(statement, info, facts, above | {info.node})
        if isinstance(made, _Unknown) and not _gives_layers_at_most(statement, info, facts):
            return _UNKNOWN
        if made is not None:
            children.append(made)
    return children[0] if children else None


def _made(
    statement: ast.stmt, info: ClassInfo, facts: Facts, above: frozenset[ast.AST]
) -> str | _Unknown | None:
    """The first parameter of the layer that a statement of __init__ gives to self."""
    stores = [n for n in walk(statement) if is_self_attribute(n) and _is_stored(n)]
    if not stores:
        return _UNKNOWN if any(_may_register(n, info) for n in walk(statement)) else None
    if isinstance(statement, ast.Assign) and [*statement.targets] == stores:
        assert isinstance(stores[0], ast.Attribute)
        if isinstance(statement.value, ast.Call):
            below = _of_layer(statement.value, info, facts, above)
            if isinstance(below, str):
                return f"{stores[0].attr}{below}"
            if below is None:
                return None
        if _is_plain_value(stores[0], info, facts):
            return None
    return _UNKNOWN


def _of_layer(
    call: ast.Call, info: ClassInfo, facts: Facts, above: frozenset[ast.AST]
) -> str | _Unknown | None:
    """The path below the layer that a call makes."""
    module, _, kind = (info.unit.resolve(call.func) or "").rpartition(".")
    if module == "torch.nn":
        if kind in ("Sequential", "ModuleList"):
            return _of_items(list(_items(call)), info, facts, above)
        return f".{_FIRST[kind]}" if kind in _FIRST else None if kind in _WITHOUT else _UNKNOWN
    made = facts.project.find_class(info.unit, call.func)
    if made is None or made.node in above:
        return _UNKNOWN
    below = _of_class(made, facts, above)
    return f".{below}" if isinstance(below, str) else below


def _items(call: ast.Call) -> Iterator[ast.expr]:
    for argument in call.args:
        yield from argument.elts if isinstance(argument, ast.List) else [argument]


def _of_items(
    items: list[ast.expr], info: ClassInfo, facts: Facts, above: frozenset[ast.AST]
) -> str | _Unknown | None:
    for number, item in enumerate(items):
        below = _of_layer(item, info, facts, above) if isinstance(item, ast.Call) else _UNKNOWN
        if below is not None:
            return f"[{number}]{below}" if isinstance(below, str) else below
    return None


def _is_stored(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)


def _may_register(node: ast.AST, info: ClassInfo) -> bool:
    """Whether a node registers what no assignment in __init__ shows, or makes a parameter."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    return name in _REGISTERING or (info.unit.resolve(node.func) or "").endswith(".Parameter")


def _is_plain_value(target: ast.Attribute, info: ClassInfo, facts: Facts) -> bool:
    """Whether every run has seen something in an attribute that registers nothing."""
    types = types_held(target.attr, info, facts)
    return bool(types) and all(map(is_constant_type, types))


def _gives_layers_at_most(statement: ast.stmt, info: ClassInfo, facts: Facts) -> bool:
    """Whether what a statement gives to self is no parameter, whatever else it may be."""
    if any(_may_register(node, info) for node in walk(statement)):
        return False
    stores = [n for n in walk(statement) if _is_stored(n) and is_self_attribute(n)]
    held = [types_held(n.attr, info, facts) for n in stores if isinstance(n, ast.Attribute)]
    return bool(held) and all(types and "Tensor" not in types for types in held)
