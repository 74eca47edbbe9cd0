"""Cast a tensor with a class that names its dtype: `x.type(torch.FloatTensor)`.

What it does
    Names the dtype itself: torch.float32 for torch.FloatTensor, torch.int64 for torch.LongTensor.

Why TorchScript rejects it
    It knows no such class as a value: "LegacyTypedConstructor cannot be used as a value". And the class
    names a device, which a trace keeps: on a GPU, the tensor goes to the CPU.

Example
    import torch
    from torch import nn


    class Positive(nn.Module):
        def forward(self, x):
            return x * (x > 0).type(torch.FloatTensor)

Use instead
    import torch
    from torch import nn


    class Positive(nn.Module):
        def forward(self, x):
            return x * (x > 0).type(torch.float32)

When it is refused
    Where the class lies under torch.cuda, unless it is chosen by whether there is a GPU.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.bindings import only_assignment
from tracefix.facts.tensor_types import TensorType, tensor_type
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.following import forgotten

RULE = Rule(
    slug="typed-tensor-cast",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"LegacyTypedConstructor", r"torch\.(cuda\.)?\w*Tensor"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of .type() with a class that names a dtype and a device."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "type":
            continue
        if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Constant):
            continue  # a string TorchScript takes
        typed = tensor_type(call.args[0], facts)
        if typed is not None:
            yield Hit(call, f"{ast.unparse(call.args[0])} is no dtype", typed)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The dtype that the class stands for."""
    call, typed = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(typed, TensorType)
    given = call.args[0]
    if typed.on_cuda and not _is_choice(given, facts):
        return Refusal("it moves the tensor to the GPU")
    edits = (replace(given, typed.dtype), *forgotten(given, facts))
    return Change(f"say {typed.dtype}", edits, imports=("import torch",))


def _is_choice(node: ast.expr, facts: Facts) -> bool:
    """Whether one of two classes is meant, by whether there is a GPU."""
    function = facts.unit.function_of(node)
    if isinstance(node, ast.Name) and function is not None:
        assignment = only_assignment(function, node.id)
        return assignment is not None and _is_choice(assignment.value, facts)
    return isinstance(node, ast.IfExp)
