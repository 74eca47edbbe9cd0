"""Make an int of a size.

What it does
    Writes `x.shape[0]` for `int(x.shape[0])`, and `x.shape[0] // 2` for `int(x.shape[0] / 2)` and
    `math.floor(x.shape[0] / 2)`; of `math.ceil(x.shape[0] / 2)` it makes `(x.shape[0] + 1) // 2`.

Why a trace is wrong
    A trace follows sizes through `+`, `-`, `*` and `//`. What `int()` gives is a number to it, the
    one of the recorded run.

Example
    from torch import nn


    class FirstHalf(nn.Module):
        def forward(self, x):
            half = int(x.shape[1] / 2)
            return x[:, :half]

Use instead
    from torch import nn


    class FirstHalf(nn.Module):
        def forward(self, x):
            half = x.shape[1] // 2
            return x[:, :half]

When it is refused
    Where a size is divided by anything but a positive literal; `number-from-tensor` moves what it is
    read for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.dependence import Cause
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.nonnegative import is_nonnegative
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="size-as-int",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.SAFE,
)
_ROUNDED = ("int", "math.floor", "math.ceil")


def find(facts: Facts) -> Iterator[Hit]:
    """`int(size)`, and divisions of sizes that are rounded."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        name = facts.unit.resolve(call.func)
        if name not in _ROUNDED or len(call.args) != 1 or is_kept_as_code(call, facts):
            continue
        given = call.args[0]
        if Cause.SHAPE in facts.dependence.of(given):
            is_int = name == "int" and facts.types.of(given) == "int"
            if _is_division(given) or (is_int and _is_followed(given, facts)):
                yield Hit(call, f"a trace keeps {ast.unparse(call)} as it is while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The size itself, or a division of ints."""
    call = hit.node
    assert isinstance(call, ast.Call)
    given = call.args[0]
    if not _is_division(given):
        return Change("leave the int as it is", (replace(call, "{size}", size=given),))
    assert isinstance(given, ast.BinOp)
    divisor = _positive(given.right)
    if divisor is None:
        return Refusal(f"{ast.unparse(given.right)} is not written as a positive whole number")
    # Rounding to a float first gives no other int below 2**53, and no size is as large.
    if facts.types.of(given.left) != "int" or not is_nonnegative(given.left, facts):
        return Refusal(f"{ast.unparse(given.left)} is not known to be a size")
    up = facts.unit.resolve(call.func) == "math.ceil"
    template = f"({{size}} + {divisor - 1}) // {divisor}" if up else f"{{size}} // {divisor}"
    return Change("divide the ints", (replace(call, template, size=given.left),))


def _is_followed(node: ast.expr, facts: Facts) -> bool:
    """Whether a trace goes along: TorchScript has a float where this is a power or is rounded."""
    for part in walk(node):
        if isinstance(part, ast.Pow | ast.Div):
            return False
        if isinstance(part, ast.Call) and facts.unit.resolve(part.func) not in (None, "len"):
            return False
    return True


def _is_division(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)


def _positive(node: ast.expr) -> int | None:
    """2 for `2` and `2.0`."""
    value = node.value if isinstance(node, ast.Constant) else None
    whole = type(value) is int or (type(value) is float and value.is_integer())
    return int(value) if whole and value > 0 else None  # type: ignore[arg-type,operator]
