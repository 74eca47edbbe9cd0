"""Whether a Function's gradient is told by its values at a few points.

Two functions that are made of exp, products, sums and the like are the same everywhere where they
are the same on some open set. A clamp, a comparison or a branch ends that: what backward does on
the other side of it no example needs to have shown.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_SMOOTH = frozenset(
    {
        "add", "addcdiv", "addcmul", "addmm", "asinh", "atan", "baddbmm", "bmm", "cat", "chunk",
        "clone", "contiguous", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
        "conv_transpose3d", "cos", "cosh", "cumsum", "detach", "diag", "dim", "div", "dot", "double",
        "einsum", "erf", "erfc", "exp", "expand", "expand_as", "expm1", "flatten", "float",
        "full_like", "gelu", "half", "inverse", "layer_norm", "lgamma", "linear", "log", "log10",
        "log1p", "log2", "log_softmax", "logsigmoid", "logsumexp", "matmul", "mean", "mish", "mm",
        "movedim", "mul", "mv", "narrow", "neg", "new_full", "new_ones", "new_zeros", "norm",
        "numel", "ones", "ones_like", "outer", "permute", "pow", "reciprocal", "repeat", "reshape",
        "rsqrt", "sigmoid", "silu", "sin", "sinh", "size", "softmax", "softplus", "split", "sqrt",
        "square", "squeeze", "stack", "std", "sub", "sum", "t", "tan", "tanh", "to", "transpose",
        "type", "type_as", "unbind", "unsqueeze", "var", "view", "view_as", "zeros", "zeros_like",
    }
)  # fmt: skip
_OWN = frozenset({"len", "list", "range", "tuple"})
_STEPS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)
_TURNS = (ast.If, ast.IfExp, ast.While, ast.Try, ast.BoolOp, ast.Lambda, ast.FunctionDef)


def kink(info: ClassInfo, facts: Facts) -> str | None:
    """What in a Function's forward or backward its values at some points do not tell, as text."""
    for name in ("forward", "backward"):
        method = info.methods.get(name)
        if method is None or not method.args.args:
            return name
        found = _kink_of(method, f"{method.args.args[0].arg}.", facts, frozenset({method}))
        if found is not None:
            return ast.unparse(found).splitlines()[0]
    return None


def _kink_of(
    function: FunctionNode, context: str, facts: Facts, above: frozenset[FunctionNode]
) -> ast.AST | None:
    """The first such part of a function, or the call of a function of the file that has one."""
    for statement in function.body:
        for node in walk(statement):
            if isinstance(node, _TURNS) and not _asks_what_is_needed(node, context):
                return node
            if isinstance(node, ast.BinOp | ast.AugAssign) and not isinstance(node.op, _STEPS):
                return node
            if isinstance(node, ast.Compare) and not all(
                isinstance(op, ast.Is | ast.IsNot) for op in node.ops
            ):
                return node
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                return node
            if isinstance(node, ast.Call) and not _is_smooth(node, context, facts, above):
                return node
    return None


def _asks_what_is_needed(node: ast.AST, context: str) -> bool:
    """`if ctx.needs_input_grad[1]:`, which only spares work."""
    if not isinstance(node, ast.If | ast.IfExp):
        return False
    return ast.unparse(node.test).startswith(f"{context}needs_input_grad[")


def _is_smooth(call: ast.Call, context: str, facts: Facts, above: frozenset[FunctionNode]) -> bool:
    name = facts.unit.resolve(call.func)
    if name in _OWN:
        return True
    function = facts.unit.functions.get(name) if name is not None else None
    if function is not None:
        return function not in above and _kink_of(function, "", facts, above | {function}) is None
    if not isinstance(call.func, ast.Attribute):
        return False
    if ast.unparse(call.func) == f"{context}save_for_backward":
        return True
    known = name is None or name.startswith("torch.")
    return known and call.func.attr.removesuffix("_") in _SMOOTH
