"""Numbers that are read from tensors in ways that a trace does not follow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts.dependence import Cause
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

_CONVERTERS = frozenset({"int", "float", "bool"})
_SPLITS = frozenset({"split", "chunk", "tensor_split"})


def baked_numbers(facts: Facts) -> Iterator[ast.Call]:
    """The calls of forward whose result a trace keeps as the number, or the list, that it was."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if _reads_values(call, facts) or _leaves_sizes(call, facts) or _counts_by_size(call, facts):
            yield call


def _reads_values(call: ast.Call, facts: Facts) -> bool:
    """`x.item()`, `x.tolist()`, `int(x)`."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("item", "tolist"):
        return facts.types.is_tensor(call.func.value)
    name = facts.unit.resolve(call.func)
    return name in _CONVERTERS and len(call.args) == 1 and facts.types.is_tensor(call.args[0])


def _leaves_sizes(call: ast.Call, facts: Facts) -> bool:
    """`math.sqrt(x.size(1))`, `int(x.size(1) / 2)`, `list(range(x.size(1)))`."""
    name = facts.unit.resolve(call.func) or ""
    if not call.args or not any(_is_size(a, facts) for a in call.args):
        return False
    if name.startswith("math."):
        return True
    if name in ("int", "float", "round"):
        return any(isinstance(n, ast.Div) for a in call.args for n in _operators(a))
    first = call.args[0]
    over = facts.unit.resolve(first.func) if isinstance(first, ast.Call) else None
    return name in ("list", "tuple") and over == "range"


def _counts_by_size(call: ast.Call, facts: Facts) -> bool:
    """`x.split(y.size(0))`, `F.conv2d(x, z, groups=y.size(0))`."""
    if any(k.arg == "groups" and _is_size(k.value, facts) for k in call.keywords):
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _SPLITS:
        return False
    of_torch = (facts.unit.resolve(call.func) or "").startswith("torch.")
    if not of_torch and not facts.types.is_tensor(call.func.value):
        return False
    counts = call.args[1 if of_torch else 0 :]
    return any(_is_size(a, facts) for a in (*counts, *(k.value for k in call.keywords)))


def _is_size(node: ast.expr, facts: Facts) -> bool:
    return Cause.SHAPE in facts.dependence.of(node)


def _operators(node: ast.expr) -> list[ast.operator]:
    return [n.op for n in walk(node) if isinstance(n, ast.BinOp)]
