"""Which expressions TorchScript types as "number": neither int nor float.

`Tensor.item()` gives one, and arithmetic keeps it. Observed types do not settle this, since
at run time the value is an int or a float.
"""

from __future__ import annotations

import ast

from tracefix.facts.flow import Flow
from tracefix.facts.unit import Unit

# Builtins and math functions that give a number for a number.
_KEEPERS = frozenset({"abs", "max", "min", "round", "math.ceil", "math.floor"})


def is_number(node: ast.expr, unit: Unit, flow: Flow) -> bool:
    """Whether a value was read with `.item()` and not converted since."""
    if tensor_of_item(node) is not None:
        return True
    if isinstance(node, ast.BinOp):
        return is_number(node.left, unit, flow) or is_number(node.right, unit, flow)
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return is_number(node.operand, unit, flow)
    if isinstance(node, ast.Call):
        kept = unit.resolve(node.func) in _KEEPERS
        return kept and any(is_number(a, unit, flow) for a in node.args)
    if isinstance(node, ast.Name):
        given = [_plain_value(d, unit) for d in flow.reads.get(node, ())]
        return bool(given) and all(tensor_of_item(v) is not None for v in given)
    return False


def tensor_of_item(node: ast.AST | None) -> ast.expr | None:
    """`x` of `x.item()`."""
    if isinstance(node, ast.Call) and not node.args and isinstance(node.func, ast.Attribute):
        return node.func.value if node.func.attr == "item" else None
    return None


def to_convert(node: ast.expr, unit: Unit) -> ast.expr:
    """What int() or bool() is best given for a number: `x` for `x.item()`, else the number itself."""
    tensor = tensor_of_item(node)
    if tensor is None or "#" in unit.text(node).removeprefix(unit.text(tensor)):
        return node  # a comment in front of .item() stays
    return tensor


def _plain_value(definition: ast.AST, unit: Unit) -> ast.expr | None:
    """What `name = value` gives, for the name in it."""
    holder = unit.parents.get(definition)
    plain = isinstance(holder, ast.Assign) and definition in holder.targets
    return holder.value if plain and isinstance(holder, ast.Assign) else None
