"""Make a tensor with x.new(...) or x.new_tensor(...).

What it does
    `x.new(2, n)` becomes `x.new_empty(2, n)`; a list that is written out, as in `x.new([1, 2])` or
    `x.new_tensor([1, 2])`, becomes a torch.tensor of the dtype and on the device of `x`, and so do
    the numbers that new_tensor is given; of `x.new_tensor(range(n))` it makes a torch.arange, of
    `x.new_tensor(y)`, where `y` is a tensor, `y.detach().clone().to(x)`.

Why TorchScript rejects it
    It knows neither method. A trace keeps the sizes and the device that it was recorded with, and
    of a tensor that new_tensor is given the values.

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
    Where its argument is neither known to be a size, or numbers, nor a list that is written out, or
    where new() is given another tensor.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.literals import is_written_list, range_bounds
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, Replace, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="new-from-tensor",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"attribute or method 'new(_tensor)?'",),
)

_NUMBER = ("int", "float", "bool")
_NUMBERS = frozenset(
    {*_NUMBER, *(f"List[{n}]" for n in _NUMBER), *(f"List[List[{n}]]" for n in _NUMBER)}
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
    tensor = call.func.value
    options = _options(call, tensor)
    if call.func.attr == "new" and (call.keywords or not _is_listed(call, facts)):
        return Refusal("its arguments are neither known to be sizes nor a list that is written out")
    if options is None or len(call.args) != 1:
        return Refusal("it is told more than the data, the dtype and the device")
    data = call.args[0]
    made = _bounds(data, facts) or _data(data, facts) or _copied(data, not call.keywords, facts)
    if made is None:
        return Refusal(f"{ast.unparse(data)} is not known to be numbers")
    if "{like}" in options and not _is_cheap(tensor):
        return Refusal("the tensor that it follows is computed in the call")
    template, holes = made
    given: dict[str, Hole] = {k.arg: k.value for k in call.keywords if k.arg is not None}
    filled = {**given, **holes, "like": ast.unparse(tensor)}
    used = {
        name: hole for name, hole in filled.items() if f"{{{name}}}" in f"{template}, {options}"
    }
    edit = replace(call, template.replace("OPTIONS", options), **used)
    return Change("make it with torch.tensor", (edit,), ("import torch",))


def _options(call: ast.Call, tensor: ast.expr) -> str | None:
    """The dtype and device: those of the tensor that it follows where the call names no other."""
    named = {k.arg: k.value for k in call.keywords}
    grad = named.pop("requires_grad", None)
    if not named.keys() <= {"dtype", "device"}:
        return None
    if grad is not None and not (isinstance(grad, ast.Constant) and grad.value is False):
        return None
    parts = (f"{{{o}}}" if o in named else f"{{like}}.{o}" for o in ("dtype", "device"))
    return ", ".join(f"{o}={part}" for o, part in zip(("dtype", "device"), parts, strict=True))


def _bounds(data: ast.expr, facts: Facts) -> tuple[str, dict[str, Hole]] | None:
    """torch.arange for a range, which TorchScript makes no tensor of."""
    bounds = range_bounds(data, facts)
    if bounds is None:
        return None
    holes: dict[str, Hole] = {f"a{n}": bound for n, bound in enumerate(bounds)}
    return f"torch.arange({', '.join(f'{{{name}}}' for name in holes)}, OPTIONS)", holes


def _data(data: ast.expr, facts: Facts) -> tuple[str, dict[str, Hole]] | None:
    """torch.tensor for a list that is written out, a number, and a list of numbers."""
    if is_written_list(data, facts) or facts.types.of(data) in _NUMBERS:
        return "torch.tensor({data}, OPTIONS)", {"data": data}
    return None


def _copied(data: ast.expr, alike: bool, facts: Facts) -> tuple[str, dict[str, Hole]] | None:
    """What new_tensor makes of a tensor. A parameter that might be a list is left alone."""
    if not facts.types.is_tensor(data) or facts.is_assumed_tensor(data):
        return None
    return f"{{data}}.detach().clone().to({'{like}' if alike else 'OPTIONS'})", {"data": data}


def _is_listed(call: ast.Call, facts: Facts) -> bool:
    """Whether .new() is given data: what it makes of a number, or of a size, is another thing."""
    return len(call.args) == 1 and is_written_list(call.args[0], facts)


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
