"""Call einops' rearrange, repeat or reduce.

What it does
    Writes the tensor methods that the pattern stands for: unflatten, transpose or permute, expand,
    flatten, and the reduction.

Why TorchScript rejects it
    The functions take their sizes as `**axes_lengths`: "Compiled functions can't take variable
    number of arguments". (The layers of einops.layers.torch compile, and stay.)

Example
    import torch
    from einops import rearrange
    from torch import nn


    class Heads(nn.Module):
        def forward(self, x):
            x = rearrange(x, "b n (h d) -> b h n d", h=2)
            return rearrange(x, "b h n d -> b n (h d)")

Use instead
    import torch
    from einops import rearrange
    from torch import nn


    class Heads(nn.Module):
        def forward(self, x):
            x = x.unflatten(2, (2, -1)).transpose(1, 2)
            return x.transpose(1, 2).flatten(2, 3)

When it is refused
    Where the pattern is no literal, has an ellipsis for axes that the file does not count, or a
    list of tensors is given. Verification drops the fix where inputs of another size make einops
    raise: its error is of another type than that of the methods.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.axes import Unreadable, methods, with_rank
from tracefix.facts.layers import rank_of_attribute
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="einops-call",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"can't take variable number of arguments", r"keyword-arg expansion"),
)
_FUNCTIONS = {
    f"{package}.{name}": name
    for package in ("einops", "einops.einops")
    for name in ("rearrange", "repeat", "reduce")
}


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of the three functions."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        name = _FUNCTIONS.get(facts.unit.resolve(call.func) or "")
        if name is not None:
            yield Hit(call, f"TorchScript cannot call einops.{name}", detail=name)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A chain of methods."""
    call, name = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    sizes = {k.arg: k.value for k in call.keywords if k.arg is not None}
    if len(sizes) < len(call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return Refusal("its arguments are spread")
    reduction = ""
    arguments = list(call.args)
    if name == "reduce":
        given = arguments.pop(2) if len(arguments) > 2 else sizes.pop("reduction", None)
        if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
            return Refusal("the reduction is no literal")
        reduction = given.value
    if len(arguments) == 1 and "pattern" in sizes:
        arguments.append(sizes.pop("pattern"))
    if len(arguments) != 2:
        return Refusal("it is not called with a tensor and a pattern")
    return _chain(call, arguments[0], arguments[1], sizes, reduction, facts)


def _chain(
    call: ast.Call,
    tensor: ast.expr,
    pattern: ast.expr,
    sizes: dict[str, ast.expr],
    reduction: str,
    facts: Facts,
) -> Change | Refusal:
    if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, str):
        return Refusal("the pattern is no literal")
    type_ = facts.types.of(tensor)
    if isinstance(tensor, ast.List | ast.Tuple) or str(type_).startswith(("List[", "Tuple[")):
        return Refusal("a list of tensors is given")
    rank = rank_of_attribute(tensor, facts)
    text = pattern.value if rank is None else with_rank(pattern.value, rank)
    try:
        chain = "".join(str(method) for method in methods(text, sizes, reduction))
    except Unreadable as unreadable:
        return Refusal(str(unreadable))
    if not chain:
        return Refusal("the pattern changes nothing")
    if any(chain.count(f"{{{n}}}") > 1 and _has_effects(v) for n, v in sizes.items()):
        return Refusal("a size would be computed twice")
    holes: dict[str, Hole] = {"it": tensor, **{f"size_{n}": v for n, v in sizes.items()}}
    for size in sizes:
        chain = chain.replace(f"{{{size}}}", f"{{size_{size}}}")
    used = {n: h for n, h in holes.items() if n == "it" or f"{{{n}}}" in chain}
    return Change("write the methods", (replace(call, "{it}" + chain, **used),))


def _has_effects(size: ast.expr) -> bool:
    return any(isinstance(n, ast.Call | ast.NamedExpr) for n in walk(size))
