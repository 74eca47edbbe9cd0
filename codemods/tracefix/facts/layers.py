"""The layers of torch.nn that a class makes, and how each treats the dims of its input."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.literals import literal_int
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute

if TYPE_CHECKING:
    from tracefix.facts import Facts

POINTWISE = frozenset(
    {
        "CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU",
        "LogSigmoid", "Mish", "ReLU", "ReLU6", "SELU", "Sigmoid", "SiLU", "Softplus", "Softshrink",
        "Softsign", "Tanh", "Tanhshrink", "Threshold",
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Layer:
    """One construction of a layer: its class and the call that makes it."""

    kind: str  # "Linear"; "" for a class that is not torch.nn's
    name: str  # as the file writes it
    call: ast.Call
    made_by: Facts  # of the file that constructs it

    def given(self, name: str, position: int) -> ast.expr | None:
        """An argument of the construction, by its keyword or its place."""
        for keyword in self.call.keywords:
            if keyword.arg == name:
                return keyword.value
        return self.call.args[position] if position < len(self.call.args) else None

    @property
    def in_place(self) -> bool:
        """Whether the layer may write into its input."""
        flag = next((k.value for k in self.call.keywords if k.arg == "inplace"), None)
        if flag is None:
            plain = (literal_int(a) is not None or _is_float(a) for a in self.call.args)
            return self.kind in POINTWISE | {"Dropout"} and not all(plain)
        return not (isinstance(flag, ast.Constant) and flag.value is False)


def layers_of(func: ast.expr, facts: Facts) -> list[Layer]:
    """Every layer that `self.layer` may be, by what the class assigns; empty where that is unknown."""
    owner = facts.unit.class_of(func)
    if owner is None or not isinstance(func, ast.Attribute) or not is_self_attribute(func):
        return []
    info = ClassInfo(facts.unit, owner)
    if _is_bound_by_relatives(info, func.attr, facts):
        return []
    made = [layer_of(value, facts) for value in _values(owner, func.attr, facts)]
    return [layer for layer in made if layer is not None] if None not in made else []


def _is_bound_by_relatives(info: ClassInfo, attribute: str, facts: Facts) -> bool:
    """Whether a base or a subclass gives the attribute a value too."""
    for other in facts.project.classes.values():
        if other.node is info.node or not other.unit.attribute_binders(other.node, attribute):
            continue
        above = {base.node for base in facts.project.bases(other)}
        if info.node in above or other.node in {b.node for b in facts.project.bases(info)}:
            return True
    return False


def layer_of(node: ast.expr | None, facts: Facts) -> Layer | None:
    """The layer that a call constructs, or None where the expression is no such call."""
    if not isinstance(node, ast.Call):
        return None
    module, _, kind = (facts.unit.resolve(node.func) or "").rpartition(".")
    if module not in ("torch.nn", "torch.nn.modules"):
        kind = ""
    return Layer(kind, ast.unparse(node.func), node, facts)


def _values(owner: ast.ClassDef, attribute: str, facts: Facts) -> Iterator[ast.expr | None]:
    for binder in facts.unit.attribute_binders(owner, attribute):
        plain = isinstance(binder, ast.Assign) and any(
            is_self_attribute(target, attribute) for target in binder.targets
        )
        yield binder.value if plain and isinstance(binder, ast.Assign) else None


def _is_float(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is float


def rank_of_attribute(node: ast.expr, facts: Facts) -> int | None:
    """How many dims a parameter or buffer of self has, by the sizes it is made with."""
    owner = facts.unit.class_of(node)
    if owner is None or not isinstance(node, ast.Attribute):
        return None
    if not is_self_attribute(node):
        layers = layers_of(node.value, facts) if node.attr in ("weight", "bias") else []
        linear = [layer for layer in layers if layer.kind == "Linear"]
        return {"weight": 2, "bias": 1}[node.attr] if linear and linear == layers else None
    ranks = {
        _rank_given(binder, facts) for binder in facts.unit.attribute_binders(owner, node.attr)
    }
    return ranks.pop() if len(ranks) == 1 else None


def _rank_given(binder: ast.AST, facts: Facts) -> int | None:
    if isinstance(binder, ast.Assign) and len(binder.targets) == 1:
        return _rank_made(binder.value, facts)
    if isinstance(binder, ast.Call) and len(binder.args) > 1:
        return _rank_made(binder.args[1], facts)
    return None


def _rank_made(node: ast.expr, facts: Facts) -> int | None:
    """The rank of `nn.Parameter(torch.randn(3, 4))`: the sizes counted where they are ints."""
    if not isinstance(node, ast.Call):
        return None
    name = facts.unit.resolve(node.func) or ""
    if name in ("torch.nn.Parameter", "torch.nn.parameter.Parameter") and node.args:
        return _rank_made(node.args[0], facts)
    if name not in ("torch.zeros", "torch.ones", "torch.empty", "torch.rand", "torch.randn"):
        return None
    if len(node.args) == 1 and isinstance(node.args[0], ast.Tuple | ast.List):
        sizes: list[ast.expr] = node.args[0].elts
    elif len(node.args) == 1 and literal_int(node.args[0]) is None:
        return None  # one name may be a size or a tuple of them
    else:
        sizes = node.args
    return None if any(isinstance(size, ast.Starred) for size in sizes) else len(sizes)
