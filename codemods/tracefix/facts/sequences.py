"""Which sequence of Python's an expression is: a tuple (torch.Size is one) or a list.

TorchScript knows one List[int] for both; in eager mode `+` takes two of a kind only.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from tracefix.facts.reach import is_self_attribute

if TYPE_CHECKING:
    from tracefix.facts import Facts

Kind = Literal["tuple", "list"]
_MAKERS: dict[str, Kind] = {
    "list": "list",
    "sorted": "list",
    "tuple": "tuple",
    "torch.Size": "tuple",
}


def kind_of(node: ast.expr, facts: Facts) -> Kind | None:
    """What `node` surely is in eager mode, or None."""
    if isinstance(node, ast.Tuple):
        return "tuple"
    if isinstance(node, ast.List | ast.ListComp):
        return "list"
    if isinstance(node, ast.Subscript):
        return kind_of(node.value, facts) if isinstance(node.slice, ast.Slice) else None
    if isinstance(node, ast.BinOp):
        return _kind_of_operation(node, facts)
    if isinstance(node, ast.Call):
        return _kind_of_call(node, facts)
    if isinstance(node, ast.Attribute) and is_self_attribute(node):
        return _kind_of_attribute(node, facts)
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return "tuple" if facts.types.is_tensor(node.value) else None
    return _kind_of_name(node, facts) if isinstance(node, ast.Name) else None


def _kind_of_operation(node: ast.BinOp, facts: Facts) -> Kind | None:
    left, right = kind_of(node.left, facts), kind_of(node.right, facts)
    if isinstance(node.op, ast.Mult):
        return left or right
    return left if isinstance(node.op, ast.Add) and left == right else None


def _kind_of_call(node: ast.Call, facts: Facts) -> Kind | None:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "size":
        whole = not node.args and not node.keywords
        return "tuple" if whole and facts.types.is_tensor(node.func.value) else None
    return _MAKERS.get(facts.unit.resolve(node.func) or "")


def _kind_of_attribute(node: ast.Attribute, facts: Facts) -> Kind | None:
    owner = facts.unit.class_of(node)
    if owner is None:
        return None
    where = (f"{facts.unit.path}::{facts.unit.qualname(owner)}", node.attr)
    return _kind_seen(facts.observed.attributes.get(where, frozenset()))


def _kind_of_name(node: ast.Name, facts: Facts) -> Kind | None:
    function = facts.unit.function_of(node)
    if function is None:
        return None
    where = (facts.unit.path, facts.unit.qualname(function), node.id)
    observed = facts.observed
    seen = observed.locals.get(where, frozenset()) | observed.parameters.get(where, frozenset())
    if seen:
        return _kind_seen(seen)
    definitions = facts.flow(function).reads.get(node, frozenset())
    kinds = {_kind_given(d, function.args.vararg, facts) for d in definitions}
    return kinds.pop() if len(kinds) == 1 else None


def _kind_given(definition: ast.AST, vararg: ast.arg | None, facts: Facts) -> Kind | None:
    """What one assignment makes of a name."""
    if definition is vararg and vararg is not None:
        return "tuple"
    parent = facts.unit.parents.get(definition)
    if isinstance(parent, ast.Starred):
        return "list"  # `n, *rest = ...`
    if isinstance(parent, ast.Assign) and definition in parent.targets:
        return kind_of(parent.value, facts)
    return None


def _kind_seen(types: frozenset[str]) -> Kind | None:
    if types and all(t.startswith("List[") for t in types):
        return "list"
    if types and all(t == "Size" or t.startswith("Tuple[") for t in types):
        return "tuple"
    return None
