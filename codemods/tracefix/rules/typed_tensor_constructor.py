"""Make a tensor with torch.cuda.FloatTensor, or another class of its kind.

What it does
    Finds `torch.cuda.FloatTensor(...)`, `torch.LongTensor(...)`, a choice between two by device
    and a variable that holds such a class, in what forward runs. Sizes become `x.new_empty`,
    data become `torch.tensor`, and a range `torch.arange`, with the dtype that the class stands for.

Why TorchScript rejects it
    It knows no `LegacyTypedConstructor`. A trace takes it, and keeps the device in its name.

Example
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x):
            Tensor = torch.cuda.FloatTensor if x.is_cuda else torch.FloatTensor
            return x + Tensor(x.shape[0], 1).fill_(0.5)

Use instead
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x):
            return x + x.new_empty(x.shape[0], 1, dtype=torch.float32).fill_(0.5)

When it is refused
    Where its arguments are neither known to be sizes nor a list that is written out or a range from
    0 or 1, and where a class under torch.cuda has no tensor at hand to be followed. One on the CPU
    is made there then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.literals import is_written_list, range_bounds
from tracefix.facts.meeting import met_by
from tracefix.facts.residence import stays_on_cpu
from tracefix.facts.tensor_types import TensorType, tensor_type
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule
from tracefix.rules.following import forgotten
from tracefix.rules.outlined import ON_DEVICE_OF, calling, is_moved

RULE = Rule(
    slug="typed-tensor-constructor",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"LegacyTypedConstructor", r"torch\.(cuda\.)?\w*Tensor"),
    after=("cuda-call", "is-cuda-choice"),  # what is moved afterwards is made first
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of a class that names a dtype and a device."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        typed = tensor_type(call.func, facts)
        if typed is not None and not is_kept_as_code(call, facts):
            yield Hit(call, f"{ast.unparse(call.func)} names a device", typed)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor with its dtype said, on the device of the one that it meets."""
    assert isinstance(hit.node, ast.Call)
    assert isinstance(hit.detail, TensorType)
    if hit.node.keywords:
        return Refusal("it is given keyword arguments")
    moved = is_moved(hit.node, facts) or stays_on_cpu(hit.node, facts)
    if moved and not hit.detail.on_cuda:
        return _made(hit.node, hit.detail, None, facts)
    tensor = met_by(hit.node, facts)
    if tensor is None and hit.detail.on_cuda:
        return Refusal("there is no tensor at hand that it could follow")
    return _made(hit.node, hit.detail, tensor, facts)


def _made(
    call: ast.Call, typed: TensorType, tensor: ast.expr | None, facts: Facts
) -> Change | Refusal:
    holes: dict[str, Hole] = {"dtype": typed.dtype}
    edits = forgotten(call.func, facts)
    if _are_sizes(call.args, facts):
        holes |= {f"a{n}": size for n, size in enumerate(call.args)}
        sizes = ", ".join(f"{{a{n}}}" for n in range(len(call.args))) or "0"
        template = f"torch.empty({sizes}, dtype={{dtype}})"
        if tensor is not None:
            template = f"{{like}}.new_empty({sizes}, dtype={{dtype}})"
    elif (written_data := _data(call.args, facts)) is not None:
        template, data = written_data
        holes |= data
        if tensor is not None:
            holes["function"], written = calling(ON_DEVICE_OF, call, facts)
            template, edits = f"{{function}}({template}, {{like}})", (*written, *edits)
    else:
        return Refusal("its arguments are neither known to be sizes nor a list that is written out")
    if tensor is not None:
        holes["like"] = ast.unparse(tensor)
    made = replace(call, template, **holes)
    return Change(f"say {typed.dtype}", (made, *edits), imports=("import torch",))


def _data(arguments: list[ast.expr], facts: Facts) -> tuple[str, dict[str, Hole]] | None:
    """The template of a tensor of some data: a list that is written out, or a range."""
    if len(arguments) != 1:
        return None
    if is_written_list(arguments[0], facts):
        return "torch.tensor({data}, dtype={dtype})", {"data": arguments[0]}
    bounds = range_bounds(arguments[0], facts)
    if bounds is None:
        return None
    holes: dict[str, Hole] = {f"a{n}": bound for n, bound in enumerate(bounds)}
    return f"torch.arange({', '.join(f'{{{name}}}' for name in holes)}, dtype={{dtype}})", holes


def _are_sizes(arguments: list[ast.expr], facts: Facts) -> bool:
    types = [facts.types.of(argument) for argument in arguments]
    return types == ["torch.Size"] or all(type_ == "int" for type_ in types)
