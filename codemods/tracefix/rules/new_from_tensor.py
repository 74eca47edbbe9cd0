"""Make a tensor with x.new(...) or x.new_tensor(...).

What it does
    `x.new(2, n)` becomes `x.new_empty(2, n)`; a list that is written out, as in `x.new([1, 2])` or
    `x.new_tensor([1, 2])`, becomes a torch.tensor of the dtype and on the device of `x`.

Why TorchScript rejects it
    It knows neither method. A trace keeps the sizes and the device that it was recorded with.

Example
    import torch
    from torch import nn


    class Shift(nn.Module):
        def forward(self, x):
            first = x.new(x.size(0), 1).zero_()
            return torch.cat((first, x[:, 1:]), 1) + x.new_tensor([1.0])

Use instead
    import torch
    from torch import nn


    class Shift(nn.Module):
        def forward(self, x):
            first = x.new_empty(x.size(0), 1).zero_()
            return torch.cat((first, x[:, 1:]), 1) + torch.tensor([1.0], dtype=x.dtype, device=x.device)

When it is refused
    Where its argument is neither known to be a size nor a list that is written out, or is another
    tensor.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.literals import is_written_list
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, Replace, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="new-from-tensor",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"attribute or method 'new(_tensor)?'",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of .new() and .new_tensor() on what is, or may be, a tensor."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in ("new", "new_tensor"):
            if facts.types.is_tensor(func.value):
                yield Hit(call, f"TorchScript knows no .{func.attr}()")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor made by a function that TorchScript knows."""
    call = hit.node
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr == "new" and not call.keywords and _are_sizes(call.args, facts):
        return Change("make it with new_empty", (_empty(call, call.func.value),))
    if len(call.args) != 1 or call.keywords or not is_written_list(call.args[0], facts):
        return Refusal("its arguments are neither known to be sizes nor a list that is written out")
    tensor = call.func.value
    if not _is_cheap(tensor):
        return Refusal("the tensor that it follows is computed in the call")
    made = replace(
        call,
        "torch.tensor({data}, dtype={like}.dtype, device={like}.device)",
        data=call.args[0],
        like=ast.unparse(tensor),
    )
    return Change("make it with torch.tensor", (made,), ("import torch",))


def _empty(call: ast.Call, tensor: ast.expr) -> Replace:
    holes: dict[str, Hole] = {f"a{n}": size for n, size in enumerate(call.args)}
    sizes = ", ".join(f"{{a{n}}}" for n in range(len(call.args))) or "0"
    return replace(call, f"{{tensor}}.new_empty({sizes})", tensor=tensor, **holes)


def _are_sizes(arguments: list[ast.expr], facts: Facts) -> bool:
    """A list of ints would be data; a torch.Size, or ints one by one, are not."""
    types = [facts.types.of(argument) for argument in arguments]
    return types == ["torch.Size"] or all(type_ == "int" for type_ in types)


def _is_cheap(node: ast.expr) -> bool:
    """A name, or an attribute of one: it may be named twice."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
