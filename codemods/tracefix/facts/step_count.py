"""How many steps a for loop takes, where code in front of it can say so, and which step it is at."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.literals import literal_int
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

_KEPT = (ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Call)
_LIST_METHODS = frozenset({"append", "extend", "insert", "pop", "remove", "clear"})


@dataclass(frozen=True, eq=False)
class StepCount:
    """The number of steps as code, which means the same in the loop as in front of it."""

    code: str  # where `once` is given, {once} stands for its value
    index: str | None = None  # the loop's own variable that counts from 0
    once: ast.expr | None = None  # to be computed but once, in front of the loop


def step_count(loop: ast.For, facts: Facts) -> StepCount | None:
    """The steps of a loop, or None where nothing in front of it says how many there will be."""
    over, target = loop.iter, loop.target
    called = facts.unit.resolve(over.func) if isinstance(over, ast.Call) else None
    if isinstance(over, ast.Call) and called == "range" and not over.keywords:
        return _of_range(over, loop, facts)
    if isinstance(over, ast.Call) and called == "enumerate" and len(over.args) == 1:
        inner = _of_iterable(over.args[0], loop, facts)
        first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else None
        if inner is None or not isinstance(first, ast.Name) or over.keywords:
            return None
        return StepCount(inner.code, _unchanged(first.id, loop), inner.once)
    if isinstance(over, ast.Call) and called == "zip" and len(over.args) > 1 and not over.keywords:
        parts = [_of_iterable(argument, loop, facts) for argument in over.args]
        known = [part.code for part in parts if part is not None and part.once is None]
        return StepCount(f"min({', '.join(known)})") if len(known) == len(parts) else None
    return _of_iterable(over, loop, facts)


def _of_range(call: ast.Call, loop: ast.For, facts: Facts) -> StepCount | None:
    if any(facts.types.of(argument) in ("Tensor", "number") for argument in call.args):
        return None
    index = _unchanged(loop.target.id, loop) if isinstance(loop.target, ast.Name) else None
    if len(call.args) == 1 or (len(call.args) == 2 and literal_int(call.args[0]) == 0):
        count = call.args[-1]
        if _means_the_same_inside(count, loop, facts):
            return StepCount(ast.unparse(count), index)
        return StepCount("{once}", index, once=count)
    if len(call.args) != 2 or not all(_means_the_same_inside(a, loop, facts) for a in call.args):
        return None
    first, last = call.args
    return StepCount(ast.unparse(ast.BinOp(last, ast.Sub(), first)))


def _of_iterable(over: ast.expr, loop: ast.For, facts: Facts) -> StepCount | None:
    if _is_module_list(over, facts):
        return StepCount(f"len({ast.unparse(over)})")
    type_ = facts.types.of(over)
    if not isinstance(type_, str) or not type_.startswith(
        ("Tensor", "List[", "Tuple[", "torch.Size")
    ):
        return None
    size = "{0}.size(0)" if type_ == "Tensor" else "len({0})"
    if isinstance(over, ast.Name | ast.Attribute) and _means_the_same_inside(over, loop, facts):
        return None if _grows(over, loop) else StepCount(size.format(ast.unparse(over)))
    return StepCount(size.format("{once}"), once=over)


def _is_module_list(node: ast.expr, facts: Facts) -> bool:
    owner = facts.unit.class_of(node)
    if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
        return False
    binders = facts.unit.attribute_binders(owner, node.attr)
    return bool(binders) and all(
        isinstance(b, ast.Assign)
        and isinstance(b.value, ast.Call)
        and facts.unit.resolve(b.value.func) in ("torch.nn.ModuleList", "torch.nn.Sequential")
        for b in binders
    )


def _unchanged(name: str, loop: ast.For) -> str | None:
    """The loop's variable where no step binds it anew."""
    stores = [
        n
        for n in walk(loop)
        if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
    ]
    return name if len(stores) == 1 and name != "_" else None


def _means_the_same_inside(node: ast.expr, loop: ast.For, facts: Facts) -> bool:
    """Whether computing it in a step gives what it gave in front of the loop, and is cheap."""
    stored = {ast.unparse(n) for n in walk(loop) if _is_store(n)}
    for part in walk(node):
        if isinstance(part, ast.expr) and not isinstance(part, _KEPT):
            return False
        if isinstance(part, ast.Name | ast.Attribute) and ast.unparse(part) in stored:
            return False
        if isinstance(part, ast.Call) and not _reads_a_size(part, facts):
            return False
    return True


def _is_store(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)


def _reads_a_size(call: ast.Call, facts: Facts) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "size":
        return True
    return facts.unit.resolve(call.func) == "len"


def _grows(over: ast.expr, loop: ast.For) -> bool:
    """Whether a step may change the length of the list that the loop goes through."""
    text = ast.unparse(over)
    return any(
        isinstance(n, ast.Attribute) and n.attr in _LIST_METHODS and ast.unparse(n.value) == text
        for n in walk(loop)
    )
