"""Which expressions may be evaluated although a branch would have passed them over.

torch.where evaluates both of its arms. That is right for expressions that cannot raise, draw no
random numbers, move no state, and whose gradient stays finite where it is thrown away: zero
times infinity would put a NaN into the arm that was taken.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tracefix.facts.flow import Definitions, Flow
from tracefix.facts.types import Types
from tracefix.facts.unit import Unit

# Functions and methods that work element by element, total, with finite gradients.
_ELEMENTWISE = frozenset(
    [
        "abs",
        "absolute",
        "neg",
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "hardtanh",
        "hardswish",
        "sigmoid",
        "logsigmoid",
        "tanh",
        "sin",
        "cos",
        "atan",
        "erf",
        "square",
        "clamp",
        "clip",
        "sign",
        "clone",
        "detach",
        "zeros_like",
        "ones_like",
        "full_like",
        "where",
        "add",
        "sub",
        "mul",
        "softmax",
        "log_softmax",
        "logical_and",
        "logical_or",
        "logical_not",
    ]
)
_FUNCTION_HOMES = ("torch.", "torch.nn.functional.")
# Of a whole tensor, empty or not, of any type: max() raises for none, mean() for integers.
_REDUCTIONS = frozenset({"sum", "any", "all"})
_MATRIX = frozenset({"matmul", "mm", "bmm"})
# Layers of torch.nn without state or random numbers; the first kind keeps the shape.
_KEEPING_LAYERS = frozenset(
    [
        "ReLU",
        "ReLU6",
        "LeakyReLU",
        "ELU",
        "SELU",
        "CELU",
        "GELU",
        "SiLU",
        "Mish",
        "Softplus",
        "Hardtanh",
        "Hardswish",
        "Sigmoid",
        "LogSigmoid",
        "Tanh",
        "Identity",
        "LayerNorm",
    ]
)
_SHAPING_LAYERS = frozenset({"Linear", "Conv1d", "Conv2d", "Conv3d"})


@dataclass(frozen=True, eq=False)
class Selectable:
    """Answers for the expressions of one function."""

    unit: Unit
    types: Types
    flow: Flow

    def obstacle(self, node: ast.expr) -> str | None:
        """Why an expression must not be evaluated in vain; None where it may."""
        if isinstance(node, ast.Constant):
            return (
                None
                if type(node.value) in (int, float)
                else "an arm holds a constant that is no number"
            )
        if isinstance(node, ast.Name):
            return self._obstacle_of_name(node)
        if isinstance(node, ast.Attribute):
            return self._obstacle_of_type(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self.obstacle(node.operand)
        if isinstance(node, ast.BinOp):
            return (
                _obstacle_of_operator(node) or self.obstacle(node.left) or self.obstacle(node.right)
            )
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            return next((why for side in sides if (why := self.obstacle(side))), None)
        if isinstance(node, ast.Call):
            return self._obstacle_of_call(node)
        return f"{ast.unparse(node)} may raise or have effects, and torch.where evaluates both arms"

    def _obstacle_of_name(self, node: ast.Name) -> str | None:
        if node in self.flow.reads and not self.flow.is_bound(node):
            return f"{node.id} is not defined on every path"
        return self._obstacle_of_type(node)

    def _obstacle_of_type(self, node: ast.expr) -> str | None:
        if self.types.of(node) in ("Tensor", "int", "float"):
            return None
        return f"{ast.unparse(node)} is not known to be a tensor or a number"

    def _obstacle_of_call(self, node: ast.Call) -> str | None:
        operands = self._operands(node)
        if operands is None:
            return (
                f"{ast.unparse(node.func)}() is not known to be without effects, total and smooth"
            )
        given = [*operands, *(k.value for k in node.keywords if k.arg not in ("dim", "dtype"))]
        return next((why for value in given if (why := self.obstacle(value))), None)

    def _operands(self, node: ast.Call) -> list[ast.expr] | None:
        """What a call that is known to be harmless computes on; None for any other."""
        name = self._function(node)
        if name in _ELEMENTWISE or name in _MATRIX:
            return self._receiver(node) + node.args
        operands = [*self._receiver(node), *node.args]
        if name in _REDUCTIONS and not node.keywords:
            return operands if len(operands) == 1 else None
        if name == "reshape" and ast.unparse(node.args[0]) == "()":
            return self._receiver(node)
        layer = self.layer(node)
        if layer is not None and len(node.args) == 1 and not node.keywords:
            known = layer[0] in _KEEPING_LAYERS or layer[0] in _SHAPING_LAYERS
            return list(node.args) if known else None
        return None

    def _function(self, node: ast.Call) -> str | None:
        """The short name of a function of torch or a method of a tensor."""
        full = self.unit.resolve(node.func) or ""
        home, _, short = full.rpartition(".")
        if f"{home}." in _FUNCTION_HOMES:
            return short
        method = isinstance(node.func, ast.Attribute) and self.types.is_tensor(node.func.value)
        return node.func.attr if method and isinstance(node.func, ast.Attribute) else None

    def _receiver(self, node: ast.Call) -> list[ast.expr]:
        method = isinstance(node.func, ast.Attribute) and self.types.is_tensor(node.func.value)
        return [node.func.value] if method and isinstance(node.func, ast.Attribute) else []

    def layer(self, node: ast.Call) -> tuple[str, ast.Call] | None:
        """The class of torch.nn and the construction of the submodule that a call runs."""
        made = self.types.construction(node.func)
        name = self.unit.resolve(made.func) if made is not None else None
        if made is None or name is None or not name.startswith("torch.nn."):
            return None
        return name.rpartition(".")[2], made

    # -- shapes

    def shape(self, node: ast.expr) -> frozenset[str]:
        """What an expression's shape is broadcast from; two that agree have the same shape."""
        if isinstance(node, ast.Constant) or self.types.of(node) in ("int", "float"):
            return frozenset()
        if isinstance(node, ast.Name):
            return self.shape_of(self.flow.reads.get(node, frozenset()), node.id)
        if isinstance(node, ast.UnaryOp):
            return self.shape(node.operand)
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.MatMult):
            return self.shape(node.left) | self.shape(node.right)
        if isinstance(node, ast.Compare):
            return self.shape(node.left).union(*(self.shape(c) for c in node.comparators))
        if isinstance(node, ast.Call):
            return self._shape_of_call(node)
        return frozenset({ast.unparse(node)})

    def shape_of(self, definitions: Definitions, name: str) -> frozenset[str]:
        """The shape of a variable, by what may have given it its value."""
        if len(definitions) == 1:
            (only,) = definitions
            holder = self.unit.parents.get(only)
            plain = isinstance(holder, ast.Assign) and only in holder.targets
            if plain and isinstance(holder, ast.Assign) and self.obstacle(holder.value) is None:
                return self.shape(holder.value)
        lines = sorted(f"{d.lineno}:{d.col_offset}" for d in definitions if hasattr(d, "lineno"))  # type: ignore[attr-defined]
        return frozenset({f"{name} of {', '.join(lines)}"})

    def _shape_of_call(self, node: ast.Call) -> frozenset[str]:
        operands = self._operands(node)
        layer = self.layer(node)
        if operands is None:
            return frozenset({ast.unparse(node)})
        inner = frozenset[str]().union(*(self.shape(o) for o in operands))
        name = self._function(node)
        if name in _REDUCTIONS or name == "reshape":
            return frozenset()
        if name in _ELEMENTWISE or layer is None or layer[0] in _KEEPING_LAYERS:
            return inner if name not in _MATRIX else frozenset({f"{name}{sorted(inner)}"})
        built = [ast.unparse(a) for a in (*layer[1].args, *(k.value for k in layer[1].keywords))]
        if layer[0] == "Linear" and built[0] == built[1]:
            return inner
        return frozenset({f"{layer[0]}({built}) of {sorted(inner)}"})


def _obstacle_of_operator(node: ast.BinOp) -> str | None:
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.MatMult):
        return None
    constant = node.right.value if isinstance(node.right, ast.Constant) else None
    if isinstance(node.op, ast.Div) and type(constant) in (int, float) and constant != 0:
        return None
    if isinstance(node.op, ast.Pow) and type(constant) is int and constant >= 1:
        return None
    return (
        f"{ast.unparse(node)} may be infinite where its arm is not taken, and torch.where would "
        "turn the other arm's gradient into NaN"
    )
