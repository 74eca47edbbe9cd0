"""Modules that a user may have open."""

from __future__ import annotations

# Two places that a fix right by construction cures.
HALVING = """\
import torch
from torch import nn


class Halving(nn.Module):
    def forward(self, x):
        n = 4
        n //= 2  # once
        x = x * n
        n //= 2  # twice
        return x * n
"""
HALVED = HALVING.replace("n //= 2", "n = n // 2")
RULE = "floor-divide-assignment"
# Places behind characters that no two encodings count alike.
SUMMING = """\
import torch
from torch import nn


class Summing(nn.Module):
    def forward(self, x):
        return ("🎉é", x.sum(axis=1), x.mean(axis=0))[1]  # 🎉
"""
EXAMPLES = """\
import torch

import tracefix


@tracefix.example("*::Halving")
def halving(Halving):
    return Halving(), (torch.rand(2, 3),)
"""
