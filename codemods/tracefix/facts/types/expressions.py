"""The types of expressions, one function a kind of node; calls and names have their own files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tracefix.facts import torch_types
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.types.attributes import of_self_attribute
from tracefix.facts.types.calls import of_call
from tracefix.facts.types.join import NUMBERS, Type, Unknown, join
from tracefix.facts.types.variables import of_name

if TYPE_CHECKING:
    from tracefix.facts.types import Types


def infer(types: Types, node: ast.expr) -> Type:
    """The type of one expression, from the types of its parts."""
    handler = _BY_KIND.get(type(node))
    return handler(types, node) if handler else Unknown(f"a {type(node).__name__}")


def _constant(types: Types, node: ast.Constant) -> Type:
    return "None" if node.value is None else type(node.value).__name__


def _joinedstr(types: Types, node: ast.JoinedStr) -> Type:
    return "str"


def _tuple(types: Types, node: ast.Tuple) -> Type:
    parts = [types.of(e) for e in node.elts]
    if any(isinstance(p, Unknown) for p in parts):
        return Unknown("a tuple with an element of unknown type")
    return f"Tuple[{', '.join(str(p) for p in parts)}]"


def _list(types: Types, node: ast.List) -> Type:
    if not node.elts:
        return Unknown("an empty list")
    inner = join(types.of(e) for e in node.elts)
    return inner if isinstance(inner, Unknown) else f"List[{inner}]"


def _dict(types: Types, node: ast.Dict) -> Type:
    if not node.keys or None in node.keys:
        return Unknown("an empty or a spread dict")
    key = join(types.of(k) for k in node.keys if k is not None)
    inner = join(types.of(v) for v in node.values)
    unknown = next((t for t in (key, inner) if isinstance(t, Unknown)), None)
    return unknown or f"Dict[{key}, {inner}]"


def _listcomp(types: Types, node: ast.ListComp) -> Type:
    inner = types.of(node.elt)
    return inner if isinstance(inner, Unknown) else f"List[{inner}]"


def _lambda(types: Types, node: ast.Lambda) -> Type:
    return "callable"


def _binop(types: Types, node: ast.BinOp) -> Type:
    left, right = types.of(node.left), types.of(node.right)
    if "Tensor" in (left, right):
        return "Tensor"
    if left in NUMBERS and right in NUMBERS:
        if isinstance(node.op, ast.Div):
            return "float"
        return "float" if "float" in (left, right) else "int"
    if "number" in (left, right):
        return "number"
    if left == right and isinstance(node.op, ast.Add):
        return left
    if left == "str" and isinstance(node.op, ast.Mod):
        return "str"
    return left if isinstance(left, Unknown) else right


def _unaryop(types: Types, node: ast.UnaryOp) -> Type:
    if isinstance(node.op, ast.Not):
        return "bool"
    return types.of(node.operand)


def _compare(types: Types, node: ast.Compare) -> Type:
    plain = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
    if any(isinstance(op, plain) for op in node.ops):
        return "bool"
    sides = [types.of(e) for e in (node.left, *node.comparators)]
    if "Tensor" in sides:
        return "Tensor"
    unknown = next((s for s in sides if isinstance(s, Unknown)), None)
    return unknown or "bool"


def _boolop(types: Types, node: ast.BoolOp) -> Type:
    return join(types.of(e) for e in node.values)


def _ifexp(types: Types, node: ast.IfExp) -> Type:
    return join((types.of(node.body), types.of(node.orelse)))


def _namedexpr(types: Types, node: ast.NamedExpr) -> Type:
    return types.of(node.value)


def _subscript(types: Types, node: ast.Subscript) -> Type:
    value = types.of(node.value)
    if isinstance(value, Unknown) or value == "Tensor":
        return value
    if isinstance(node.slice, ast.Slice):
        return value
    if value.startswith("Dict["):
        return torch_types.arguments(value)[1]
    if value.startswith("Tuple[") and isinstance(node.slice, ast.Constant):
        parts = torch_types.arguments(value)
        if isinstance(node.slice.value, int) and -len(parts) <= node.slice.value < len(parts):
            return parts[node.slice.value]
    return torch_types.element(value) or Unknown(f"an element of {value}")


def _attribute(types: Types, node: ast.Attribute) -> Type:
    if is_self_attribute(node):
        return of_self_attribute(types, node)
    name = types.unit.resolve(node)
    if name is not None and name in torch_types.BUILTIN_RESULTS:
        return torch_types.BUILTIN_RESULTS[name]
    if name is not None and name.startswith("torch."):
        return Unknown(f"{name} itself")
    value = types.of(node.value)
    if value == "Tensor":
        return torch_types.ATTRIBUTES.get(node.attr) or Unknown(f".{node.attr} of a Tensor")
    return value if isinstance(value, Unknown) else Unknown(f".{node.attr} of {value}")


_BY_KIND: Mapping[type[ast.expr], Callable[..., Type]] = {
    ast.Constant: _constant,
    ast.JoinedStr: _joinedstr,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Dict: _dict,
    ast.ListComp: _listcomp,
    ast.Lambda: _lambda,
    ast.BinOp: _binop,
    ast.UnaryOp: _unaryop,
    ast.Compare: _compare,
    ast.BoolOp: _boolop,
    ast.IfExp: _ifexp,
    ast.NamedExpr: _namedexpr,
    ast.Subscript: _subscript,
    ast.Attribute: _attribute,
    ast.Name: of_name,
    ast.Call: of_call,
}
