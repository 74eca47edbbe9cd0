"""Give a module `__call__` instead of forward.

What it does
    Renames the method to forward. nn.Module's own `__call__` then runs it, with the hooks that the
    module has.

Why TorchScript rejects it
    It compiles forward, and the compiled module has none: "object has no attribute 'forward'".

Example
    import torch
    from torch import nn


    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.loss = nn.MSELoss()

        def __call__(self, x):
            return self.loss(x, torch.ones_like(x))

Use instead
    import torch
    from torch import nn


    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.loss = nn.MSELoss()

        def forward(self, x):
            return self.loss(x, torch.ones_like(x))

When it is refused
    Where the class derives from another than nn.Module, or one with a forward from it, where the
    method is decorated, and where code names `__call__` itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.project import ClassInfo
from tracefix.facts.signatures import header_text
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="call-method",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"no attribute 'forward'",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Modules with a `__call__` of their own, and without forward."""
    for info in facts.project.modules:
        if info.unit is not facts.unit:
            continue
        method = info.methods.get("__call__")
        entry = facts.project.entry(info)
        if method is not None and entry is not None and entry[1] is method:
            yield Hit(method, "the module has no forward", detail=info)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The method under the other name."""
    method, info = hit.node, hit.detail
    assert isinstance(method, FunctionNode)
    assert isinstance(info, ClassInfo)
    if method.decorator_list or isinstance(method, ast.AsyncFunctionDef):
        return Refusal("the method is decorated, or async")
    if any("forward" in child.methods for child in facts.project.derived(info)):
        return Refusal("a class derived from it has a forward")
    bases = [facts.unit.resolve(base) for base in info.node.bases]
    if bases != ["torch.nn.Module"]:
        return Refusal("it derives from more than nn.Module, which may have a forward")
    units = facts.project.units.values()
    if any(_names_it(node) for unit in units for node in walk(unit.tree)):
        return Refusal("code names __call__ itself")
    header = escaped(header_text(method, facts.unit))
    renamed = replace(method, f"def forward{header}\n    {{body}}", body=method.body)
    return Change("name it forward", (renamed,))


def _names_it(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "__call__"
