"""What a function does with a list: appends to it, stacks or concatenates it, indexes it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.literals import literal_int
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

_JOINING = {"stack": "stack", "cat": "cat", "concat": "cat", "concatenate": "cat"}
Loop = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True, eq=False)
class Join:
    """The call of torch.stack or torch.cat that makes one tensor of a list."""

    call: ast.Call
    kind: str  # "stack" or "cat"
    elements: ast.expr  # the list: a name or a comprehension
    dim: int | None  # None where it is no literal
    unsqueezed: bool = False  # torch.cat of elements that each got a dim of size 1 there

    @property
    def stacks(self) -> bool:
        """Whether the steps get a dim of their own."""
        return self.kind == "stack" or self.unsqueezed


@dataclass(frozen=True, eq=False)
class Uses:
    """The places that mention one list, by what they do with it."""

    appends: Sequence[ast.Call]
    joins: Sequence[Join]
    items: tuple[ast.Subscript, ...]
    others: Sequence[ast.Name]


def uses_of(name: ast.Name, function: FunctionNode, facts: Facts) -> Uses:
    """The places that read what one assignment gave a name."""
    appends, joins, items, others = [], [], [], []
    for mention in facts.flow(function).readers(name):
        parent = facts.unit.parents[mention]
        join, append = _join_around(mention, facts), append_to(mention, facts.unit)
        if append is not None:
            appends.append(append)
        elif join is not None:
            joins.append(join)
        elif is_item(parent, mention):
            assert isinstance(parent, ast.Subscript)
            items.append(parent)
        else:
            others.append(mention)
    return Uses(sorted(appends, key=lambda c: c.lineno), joins, tuple(items), others)


def append_to(mention: ast.Name, unit: Unit) -> ast.Call | None:
    """The call `name.append(element)` around a mention of a list."""
    method = unit.parents[mention]
    if not isinstance(method, ast.Attribute) or method.attr != "append":
        return None
    call = unit.parents[method]
    if not isinstance(call, ast.Call) or call.func is not method or len(call.args) != 1:
        return None
    return None if call.keywords or isinstance(call.args[0], ast.Starred) else call


def is_item(node: ast.AST, mention: ast.Name) -> bool:
    """Whether `name[index]` is read."""
    return (
        isinstance(node, ast.Subscript)
        and node.value is mention
        and isinstance(node.ctx, ast.Load)
        and not isinstance(node.slice, ast.Slice)
    )


def _join_around(mention: ast.Name, facts: Facts) -> Join | None:
    for above in list(facts.unit.ancestors(mention))[:2]:  # the call, or tuple() and the call
        if isinstance(above, ast.Call):
            join = join_of(above, facts)
            if join is not None and join.elements is mention:
                return join
    return None


def join_of(call: ast.Call, facts: Facts) -> Join | None:
    """The join that a call is, or None."""
    module, _, function = (facts.unit.resolve(call.func) or "").rpartition(".")
    if module != "torch" or function not in _JOINING or not 1 <= len(call.args) <= 2:
        return None
    dims = [*call.args[1:], *(k.value for k in call.keywords if k.arg in ("dim", "axis"))]
    if len(dims) != len(call.args) - 1 + len(call.keywords) or len(dims) > 1:
        return None  # out=, or what is no argument of it
    dim = literal_int(dims[0]) if dims else 0
    return Join(call, _JOINING[function], _within_tuple(call.args[0]), dim)


def _within_tuple(node: ast.expr) -> ast.expr:
    """`outs` of `tuple(outs)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        return node.args[0] if node.func.id in ("tuple", "list") and not node.keywords else node
    return node


def loops_around(node: ast.AST, facts: Facts) -> list[Loop]:
    """The loops of the same function around a node, innermost first."""
    found = []
    for above in facts.unit.ancestors(node):
        if isinstance(above, FunctionNode):
            break
        if isinstance(above, Loop):
            found.append(above)
    return found
