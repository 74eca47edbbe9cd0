"""Numbers that are read from tensors in ways that a trace does not follow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts.dependence import Cause

if TYPE_CHECKING:
    from tracefix.facts import Facts

_CONVERTERS = frozenset({"int", "float", "bool"})
_ROUNDED = frozenset({"int", "float", "round", "min", "max", "divmod"})
_SPLITS = frozenset({"split", "chunk", "tensor_split"})
_MADE = ("torch.tensor", "torch.as_tensor", "torch.Tensor", "torch.FloatTensor", "torch.LongTensor")
# Functions of torch whose ints a trace keeps, wherever they come from.
_FIXED = frozenset(
    {
        *(f"{kind}_pool{n}d" for kind in ("max", "avg", "lp") for n in (1, 2, 3)),
        *(f"adaptive_{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)),
        *(f"conv{n}d" for n in (1, 2, 3)), *(f"conv_transpose{n}d" for n in (1, 2, 3)),
        "roll", "fold",
    }
)  # fmt: skip


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
    """`math.sqrt(x.size(1))`, `min(x.size(1), 9)`, `torch.tensor(x.shape)`, `list(range(...))`."""
    name = facts.unit.resolve(call.func) or ""
    if not call.args or not any(_is_size(a, facts) for a in call.args):
        return False
    if name.startswith("math."):
        return True
    if name in _ROUNDED or name in _MADE:
        return not any(facts.types.is_tensor(a) for a in call.args)
    first = call.args[0]
    over = facts.unit.resolve(first.func) if isinstance(first, ast.Call) else None
    return name in ("list", "tuple") and over == "range"


def _counts_by_size(call: ast.Call, facts: Facts) -> bool:
    """`x.split(y.size(0))`, `F.conv2d(x, z, groups=y.size(0))`, `F.max_pool1d(x, x.size(2))`."""
    name = facts.unit.resolve(call.func) or ""
    if name.startswith("torch.") and name.rpartition(".")[2] in _FIXED:
        return any(_is_size(a, facts) for a in (*call.args, *(k.value for k in call.keywords)))
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _SPLITS:
        return False
    of_torch = name.startswith("torch.")
    if not of_torch and not facts.types.is_tensor(call.func.value):
        return False
    counts = call.args[1 if of_torch else 0 :]
    return any(_is_size(a, facts) for a in (*counts, *(k.value for k in call.keywords)))


def _is_size(node: ast.expr, facts: Facts) -> bool:
    return Cause.SHAPE in facts.dependence.of(node)
