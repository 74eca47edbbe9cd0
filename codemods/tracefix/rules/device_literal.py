"""Make a tensor in forward on a GPU by name.

What it does
    Finds `device="cuda"`, `device=torch.device("cuda:0")`, a constant of the file or
    `self.device` where forward makes a tensor, and makes it follow the tensor that it meets;
    where it meets none, forward's first tensor, or a parameter or buffer of self.

Why TorchScript rejects it
    It does not, but the device is then part of the program: scripted or traced, it runs on that
    device alone. `self.device` stays what it was while `.to()` moves everything else.

Example
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x):
            mask = torch.ones(x.shape[1], device="cuda")
            return x * mask

Use instead
    import torch
    from torch import nn


    class Noise(nn.Module):
        def forward(self, x):
            mask = x.new_ones(x.shape[1], dtype=torch.float32)
            return x * mask

When it is refused
    Where no tensor is at hand to be followed, and for the reasons of `device-of-input`.
    `device="cpu"` is taken as meant. What a script does at its top level is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import Kind, device_of
from tracefix.facts.factories import Factory, factories
from tracefix.facts.meeting import met_by
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule
from tracefix.rules.following import forgotten
from tracefix.rules.made_like import follow

RULE = Rule(
    slug="device-literal",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
)


def find(facts: Facts) -> Iterator[Hit]:
    """Tensors that forward makes on a device by name, or on the one the module was made for."""
    for factory in factories(facts):
        device = factory.given("device")
        kind = device_of(device, facts) if device is not None else None
        if device is not None and kind in (Kind.ACCELERATOR, Kind.CHOSEN):
            yield Hit(
                factory.call, f"made on {ast.unparse(device)}, wherever the data are", factory
            )


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor, following the one that it meets."""
    assert isinstance(hit.detail, Factory)
    tensor = met_by(hit.detail.call, facts)
    if tensor is None:
        return Refusal("there is no tensor at hand that it could follow")
    cure = follow(hit.detail, tensor, facts)
    if isinstance(cure, Refusal):
        return cure
    leftover = forgotten(hit.detail.given("device"), facts)
    return Change(cure.title, (*cure.edits, *leftover), cure.imports)
