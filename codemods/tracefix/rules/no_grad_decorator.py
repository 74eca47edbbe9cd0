"""Decorate a method with @torch.no_grad().

What it does
    Puts the body in a `with torch.no_grad():` block instead, which means the same.

Why TorchScript rejects it
    It compiles the wrapper instead of the method that other code calls, without the file's names.
    On forward it drops the decorator without a word: gradients are kept that should not be.

Example
    import torch
    from torch import nn


    class Observe(nn.Module):
        def forward(self, x):
            return x / self.largest(x)

        @torch.no_grad()
        def largest(self, x):
            return torch.amax(x)

Use instead
    import torch
    from torch import nn


    class Observe(nn.Module):
        def forward(self, x):
            return x / self.largest(x)

        def largest(self, x):
            with torch.no_grad():
                return torch.amax(x)

When it is refused
    Where other decorators stand around it, apart from staticmethod, and for generators.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, body_within
from tracefix.rules import Rule

RULE = Rule(
    slug="no-grad-decorator",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"undefined value", r"requires_grad"),
)

_NAMES = ("torch.no_grad", "torch.autograd.no_grad")
_MESSAGES = {
    True: "TorchScript drops the decorator of forward: a script's outputs keep their gradients",
    False: "TorchScript compiles the decorator's wrapper, without the names of this file",
}
_HARMLESS = ("staticmethod", "classmethod", "property")


def find(facts: Facts) -> Iterator[Hit]:
    """Decorators of functions that forward reaches."""
    for function in facts.forward_functions:
        for decorator in function.decorator_list:
            if _is_no_grad(decorator, facts):
                yield Hit(decorator, _MESSAGES[function.name == "forward"], function)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The body in a block of the same meaning."""
    decorator, function = hit.node, hit.detail
    assert isinstance(decorator, ast.expr)
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    others = [d for d in function.decorator_list if d is not decorator]
    if any(facts.unit.resolve(other) not in _HARMLESS for other in others):
        return Refusal("another decorator wraps the function too")
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in walk(function)):
        return Refusal("a generator runs in pieces")
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    head = f"with {ast.unparse(called)}():"
    return Change("put the body in a block", (body_within(decorator, head),))


def _is_no_grad(decorator: ast.expr, facts: Facts) -> bool:
    """`@torch.no_grad()`, or `@torch.no_grad` as torch takes it too."""
    if isinstance(decorator, ast.Call):
        if decorator.args or decorator.keywords:
            return False
        decorator = decorator.func
    return facts.unit.resolve(decorator) in _NAMES
