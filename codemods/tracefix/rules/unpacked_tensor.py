"""Unpack a tensor: `q, k, v = qkv`.

What it does
    Writes `.unbind(0)` behind the tensor, which is what Python takes its parts with.

Why TorchScript rejects it
    It unpacks tuples and lists: "Tensor cannot be used as a tuple".

Example
    import torch
    from torch import nn


    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(8, 24)

        def forward(self, x):
            b, n, c = x.shape
            q, k, v = self.qkv(x).reshape(b, n, 3, c).permute(2, 0, 1, 3)
            return torch.softmax(q @ k.transpose(1, 2), -1) @ v

Use instead
    import torch
    from torch import nn


    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(8, 24)

        def forward(self, x):
            b, n, c = x.shape
            q, k, v = self.qkv(x).reshape(b, n, 3, c).permute(2, 0, 1, 3).unbind(0)
            return torch.softmax(q @ k.transpose(1, 2), -1) @ v

When it is refused
    Never where the value is a tensor. Others, and parameters of which nothing shows that they are
    tensors, are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.model import Outcome, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="unpacked-tensor",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # some of torch's functions give several tensors, unknown to the types
    answers=(r"Tensor (\(inferred\) )?cannot be used as a tuple",),
)
_MESSAGE = "TorchScript takes no tensor apart"


def find(facts: Facts) -> Iterator[Hit]:
    """Assignments of tensors to several names."""
    for value in _unpacked(facts):
        if facts.types.of(value) == "Tensor" and not facts.is_assumed_tensor(value):
            yield Hit(value, _MESSAGE)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """The assignment at which torch says so."""
    at = outcome.place  # the others are calls on the way, whose values may well be tuples
    for value in _unpacked(facts):
        there = at is not None and (value.lineno, facts.unit.path) == (at.line, at.path)
        # What is known to be a tuple lacks a type only: `K1, K2 = K` of a parameter.
        open_ = isinstance(facts.types.of(value), Unknown) or facts.types.is_tensor(value)
        if there and open_ and not facts.is_assumed_tensor(value):
            yield Hit(value, _MESSAGE)


def fix(hit: Hit, facts: Facts) -> Change:
    """The tensor's parts along its first dimension."""
    value = hit.node
    assert isinstance(value, ast.expr)
    return Change("unbind it", (replace(value, "{tensor}.unbind(0)", tensor=value),))


def _unpacked(facts: Facts) -> Iterator[ast.expr]:
    """What is assigned to several names at once, other than a display of as many values."""
    for node in facts.in_forward(ast.Assign):
        assert isinstance(node, ast.Assign)
        for target in node.targets:
            if isinstance(target, ast.Tuple) and not _has_star(target):
                if not isinstance(node.value, ast.Tuple | ast.List):
                    yield node.value
                    break


def _has_star(target: ast.Tuple) -> bool:
    return any(isinstance(element, ast.Starred) for element in target.elts)
