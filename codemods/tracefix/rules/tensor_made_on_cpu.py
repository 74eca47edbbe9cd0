"""Make a tensor in forward without saying where.

What it does
    Finds `torch.zeros(n)`, `torch.arange(n)`, `torch.tensor([...])` ... without `device=` in what
    forward runs, and makes it on the device of the tensor that it meets.

Why TorchScript rejects it
    It does not: the tensor is made on the CPU, in a trace and a script as in eager code, and
    what meets data on another device fails.

Example
    import torch
    from torch import nn


    class Causal(nn.Module):
        def forward(self, scores):
            future = torch.ones(scores.shape[-2:]).triu(1)
            return scores - 1e4 * future

Use instead
    import torch
    from torch import nn


    class Causal(nn.Module):
        def forward(self, scores):
            future = scores.new_ones(scores.shape[-2:], dtype=torch.float32).triu(1)
            return scores - 1e4 * future

When it is refused
    Where no tensor is at hand to be followed, and for the reasons of `device-of-input`.
    Left alone: a tensor that is moved or converted with `.type_as(x)` afterwards, one of no
    dimensions (it mixes with any device), one that Python reads (`.item()`, `.numpy()`), and
    lengths for `pack_padded_sequence`, which wants them on the CPU.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.factories import Factory, factories
from tracefix.facts.meeting import met_by
from tracefix.facts.residence import stays_on_cpu
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule
from tracefix.rules.made_like import follow
from tracefix.rules.outlined import is_moved

RULE = Rule(
    slug="tensor-made-on-cpu",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    after=("cuda-call", "device-of-input", "is-cuda-choice"),  # these move what was made
)


def find(facts: Facts) -> Iterator[Hit]:
    """Tensors that forward makes where torch makes them by default."""
    for factory in factories(facts):
        if factory.keyword("device") or _has_no_dimension(factory):
            continue
        if not is_moved(factory.call, facts) and not stays_on_cpu(factory.call, facts):
            yield Hit(factory.call, f"torch.{factory.kind}() makes it on the CPU", factory)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor, following the one that it meets."""
    assert isinstance(hit.detail, Factory)
    tensor = met_by(hit.detail.call, facts)
    if tensor is None:
        return Refusal("there is no tensor at hand that it could follow")
    return follow(hit.detail, tensor, facts)


def _has_no_dimension(factory: Factory) -> bool:
    """Of `torch.tensor(0.5)` and `torch.zeros(())`."""
    first = factory.call.args[0] if factory.call.args else factory.given("size")
    if factory.kind == "tensor":
        return not isinstance(first, ast.List | ast.Tuple)
    return isinstance(first, ast.Tuple | ast.List) and not first.elts
