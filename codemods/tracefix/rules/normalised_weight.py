"""Normalise a layer's weight with weight_norm or spectral_norm.

What it does
    Writes `torch.nn.utils.weight_norm`, or `spectral_norm`, as a function of the file, with a hook
    that TorchScript can compile. Parameters, buffers and their names stay what they are, as the newer
    functions of torch.nn.utils.parametrizations would not leave them.

Why TorchScript rejects it
    It compiles a module's hooks too. These are objects of a class, and "'WeightNorm' object has no
    attribute '__name__'".

Example
    import torch
    from torch import nn
    from torch.nn.utils import weight_norm


    class Score(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.linear = weight_norm(nn.Linear(size, 1), dim=None)

        def forward(self, x):
            return self.linear(x).softmax(1)

Use instead
    from typing import Tuple

    import torch
    from torch import nn
    from torch.nn.utils import weight_norm


    def scripted_weight_norm(layer, dim=0):
        \"\"\"torch.nn.utils.weight_norm with a hook that TorchScript compiles.\"\"\"
        weight = layer.weight
        del layer.weight
        layer.norm_dim = -1 if dim is None else dim
        layer.weight_g = torch.nn.Parameter(torch.norm_except_dim(weight, 2, layer.norm_dim).data)
        layer.weight_v = torch.nn.Parameter(weight.data)
        layer.weight = torch._weight_norm(layer.weight_v, layer.weight_g, layer.norm_dim)
        layer.register_forward_pre_hook(_normalise_weight)
        return layer


    def _normalise_weight(self, inputs: Tuple[torch.Tensor]) -> None:
        self.weight = torch._weight_norm(self.weight_v, self.weight_g, self.norm_dim)


    class Score(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.linear = scripted_weight_norm(nn.Linear(size, 1), dim=None)

        def forward(self, x):
            return self.linear(x).softmax(1)

When it is refused
    Where the file takes the norm off again, normalises another parameter than the weight, counts
    more than one power iteration, or normalises a transposed convolution, whose hook takes more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="normalised-weight",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"'(WeightNorm|SpectralNorm)' object has no attribute '__name__'",),
)


@dataclass(frozen=True)
class _Norm:
    """One of torch.nn.utils' functions, and what it becomes."""

    kind: str
    options: frozenset[str]  # keywords that the written function takes as well
    hook: str
    source: str


_NORMS = (
    _Norm(
        "weight_norm",
        frozenset({"dim"}),
        "_normalise_weight",
        '''
def {name}(layer, dim=0):
    """torch.nn.utils.weight_norm with a hook that TorchScript compiles."""
    weight = layer.weight
    del layer.weight
    layer.norm_dim = -1 if dim is None else dim
    layer.weight_g = torch.nn.Parameter(torch.norm_except_dim(weight, 2, layer.norm_dim).data)
    layer.weight_v = torch.nn.Parameter(weight.data)
    layer.weight = torch._weight_norm(layer.weight_v, layer.weight_g, layer.norm_dim)
    layer.register_forward_pre_hook({hook})
    return layer


def {hook}(self, inputs: {inputs}) -> None:
    self.weight = torch._weight_norm(self.weight_v, self.weight_g, self.norm_dim)
''',
    ),
    _Norm(
        "spectral_norm",
        frozenset(),
        "_divide_by_spectral_norm",
        '''
def {name}(layer):
    """torch.nn.utils.spectral_norm with a hook that TorchScript compiles."""
    weight = layer.weight
    del layer.weight
    with torch.no_grad():
        rows, columns = weight.flatten(1).shape
        u = weight.new_empty(rows).normal_(0, 1)
        v = weight.new_empty(columns).normal_(0, 1)
        u = torch.nn.functional.normalize(u, dim=0, eps=1e-12)
        v = torch.nn.functional.normalize(v, dim=0, eps=1e-12)
    layer.weight_orig = weight
    layer.weight = weight.data
    layer.register_buffer("weight_u", u)
    layer.register_buffer("weight_v", v)
    layer.register_forward_pre_hook({hook})
    return layer


def {hook}(self, inputs: {inputs}) -> None:
    matrix = self.weight_orig.flatten(1)
    u, v = self.weight_u, self.weight_v
    if self.training:
        with torch.no_grad():
            v.copy_(torch.nn.functional.normalize(torch.mv(matrix.t(), u), dim=0, eps=1e-12))
            u.copy_(torch.nn.functional.normalize(torch.mv(matrix, v), dim=0, eps=1e-12))
        u, v = u.clone(), v.clone()
    self.weight = self.weight_orig / torch.dot(u, torch.mv(matrix, v))
''',
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """What uses one of the functions; the fix at any of them is one for the whole file."""
    for norm in _NORMS:
        reads = list(_reads(norm, facts)) if norm.kind in facts.unit.source.text else []
        for statement in dict.fromkeys(facts.unit.top_level(read) for read in reads):
            message = f"TorchScript cannot compile the hook of {norm.kind}"
            yield Hit(statement, message, detail=norm)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The function written out, and every use of torch's as one of it."""
    norm = hit.detail
    assert isinstance(norm, _Norm)
    if f"remove_{norm.kind}" in facts.unit.source.text:
        return Refusal(f"the file takes the {norm.kind} off again")
    name = facts.fresh(f"scripted_{norm.kind}")
    edits: list[Edit] = []
    for read in _reads(norm, facts):
        parent = facts.unit.parents[read]
        if isinstance(parent, ast.Call) and parent.func is read:
            obstacle = _obstacle(parent, norm, facts)
            if obstacle is not None:
                return Refusal(obstacle)
            edits += [replace(k, "") for k in parent.keywords if k.arg == "name"]
        edits.append(replace(read, name))
    inputs = written("Tuple[Tensor]", facts.unit)
    source = norm.source.format(name=name, hook=facts.fresh(norm.hook), inputs=inputs)
    definitions = (ast.FunctionDef, ast.ClassDef)
    first = next(s for s in facts.unit.tree.body if isinstance(s, definitions))
    edits.append(before(first, source))
    imports = (*imports_for([inputs], facts.unit), *_torch(facts))
    return Change(f"write {norm.kind} with a hook that compiles", tuple(edits), imports)


def _torch(facts: Facts) -> tuple[str, ...]:
    return () if facts.unit.imports.get("torch") == "torch" else ("import torch",)


def _reads(norm: _Norm, facts: Facts) -> Iterator[ast.expr]:
    """Every place that names torch's function."""
    for node in walk(facts.unit.tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            last = node.id if isinstance(node, ast.Name) else node.attr
            if last != norm.kind and last not in facts.unit.imports:
                continue
            if facts.unit.resolve(node) in _names_of(norm):
                yield node


def _names_of(norm: _Norm) -> tuple[str, str]:
    return f"torch.nn.utils.{norm.kind}", f"torch.nn.utils.{norm.kind}.{norm.kind}"


def _obstacle(call: ast.Call, norm: _Norm, facts: Facts) -> str | None:
    if len(call.args) > 1:
        return f"{norm.kind} is given more than a layer"
    for keyword in call.keywords:
        weight = isinstance(keyword.value, ast.Constant) and keyword.value.value == "weight"
        if keyword.arg not in norm.options and not (keyword.arg == "name" and weight):
            return f"{norm.kind} is given more than a layer"
    made = call.args[0] if call.args else None
    if isinstance(made, ast.Call) and "Transpose" in (facts.unit.resolve(made.func) or ""):
        return "the hook of a transposed convolution takes more than a tensor"
    return None
