"""Ask torch.finfo for the limits of a dtype.

What it does
    Writes the number for `torch.finfo(torch.float32).max` and its like, and a small function that
    knows the limits where the dtype is a tensor's: `torch.finfo(x.dtype).min`.

Why TorchScript rejects it
    It has no torch.finfo: "Unknown builtin op: aten::finfo".

Example
    import torch
    from torch import nn


    class Masked(nn.Module):
        def forward(self, x):
            scores = x.masked_fill(x > 0.5, torch.finfo(x.dtype).min)
            return scores.softmax(-1) + torch.finfo(torch.float32).eps

Use instead
    import torch
    from torch import nn


    def finfo_min(dtype: torch.dtype) -> float:
        if dtype == torch.float16:
            return -65504.0
        if dtype == torch.bfloat16:
            return -3.3895313892515355e38
        if dtype == torch.float32:
            return -3.4028234663852886e38
        if dtype == torch.float64:
            return -1.7976931348623157e308
        raise TypeError("only floating point types have limits of this kind")


    class Masked(nn.Module):
        def forward(self, x):
            scores = x.masked_fill(x > 0.5, finfo_min(x.dtype))
            return scores.softmax(-1) + 1.1920928955078125e-07

When it is refused
    Where what torch.finfo gives is not read at once, or is given something other than a dtype.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.outlined import calling

RULE = Rule(
    slug="dtype-limits",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"aten::finfo", r"\bfinfo\b"),
)

# By what torch.finfo calls them, for each dtype that models compute in.
_LIMITS = {
    "torch.float16": {"max": "65504.0", "eps": "0.0009765625", "tiny": "6.103515625e-05"},
    "torch.bfloat16": {
        "max": "3.3895313892515355e38", "eps": "0.0078125", "tiny": "1.1754943508222875e-38",
    },
    "torch.float32": {
        "max": "3.4028234663852886e38", "eps": "1.1920928955078125e-07",
        "tiny": "1.1754943508222875e-38",
    },
    "torch.float64": {
        "max": "1.7976931348623157e308", "eps": "2.220446049250313e-16",
        "tiny": "2.2250738585072014e-308",
    },
}  # fmt: skip
_OTHER_NAMES = {
    "torch.half": "torch.float16", "torch.float": "torch.float32", "torch.double": "torch.float64",
}  # fmt: skip


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of torch.finfo."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) == "torch.finfo":
            yield Hit(call, "TorchScript has no torch.finfo")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The number, or a call of the function that knows it."""
    call = hit.node
    assert isinstance(call, ast.Call)
    read = facts.unit.parents[call]
    if not isinstance(read, ast.Attribute) or _limit("torch.float32", read.attr) is None:
        return Refusal("what torch.finfo gives is kept, or asked for more than a limit")
    if len(call.args) != 1 or call.keywords:
        return Refusal("torch.finfo is asked of no dtype")
    dtype = facts.unit.resolve(call.args[0]) or ""
    number = _limit(_OTHER_NAMES.get(dtype, dtype), read.attr)
    if number is not None:
        return Change(f"write {number}", (replace(read, number),))
    if facts.types.of(call.args[0]) != "dtype":
        return Refusal(f"{ast.unparse(call.args[0])} is not known to be a dtype")
    name, written = calling(_Limit(read.attr), call, facts)
    edit = replace(read, f"{name}({{dtype}})", dtype=call.args[0])
    return Change("say what the limit is", (edit, *written), imports=("import torch",))


def _limit(dtype: str, name: str) -> str | None:
    limits = _LIMITS.get(dtype, {})
    if name == "min":
        return f"-{limits['max']}" if limits else None
    return limits.get("tiny" if name == "smallest_normal" else name)


@dataclass(frozen=True)
class _Limit:
    """The function that knows one limit of every dtype."""

    limit: str

    @property
    def name(self) -> str:
        return f"finfo_{self.limit}"

    def source(self, name: str) -> str:
        tests = "".join(
            f"    if dtype == {dtype}:\n        return {_limit(dtype, self.limit)}\n"
            for dtype in _LIMITS
        )
        message = "only floating point types have limits of this kind"
        end = f'    raise TypeError("{message}")\n'
        return f"def {name}(dtype: torch.dtype) -> float:\n{tests}{end}"
