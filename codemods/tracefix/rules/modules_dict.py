"""Look into `self._modules`.

What it does
    Goes through a module's submodules by `children()` and `named_children()`, or through the
    container itself where it is one, instead of through the dict that holds them. One submodule,
    `self._modules["gate"]`, is read as the attribute that it is, and by getattr where its name is
    computed (see `layer-by-name`).

Why TorchScript rejects it
    `_modules` is torch's own business, and no attribute of a compiled module. What it offers instead is
    unrolled when the module is compiled.

Example
    import torch
    from torch import nn


    class Chain(nn.Module):
        def __init__(self, *layers):
            super().__init__()
            for number, layer in enumerate(layers):
                self.add_module(str(number), layer)

        def forward(self, x):
            for layer in self._modules.values():
                x = layer(x)
            return x

Use instead
    import torch
    from torch import nn


    class Chain(nn.Module):
        def __init__(self, *layers):
            super().__init__()
            for number, layer in enumerate(layers):
                self.add_module(str(number), layer)

        def forward(self, x):
            for layer in self.children():
                x = layer(x)
            return x

When it is refused
    Never. A module that is held twice is met once by `children()`, and one that is None not at all:
    verification rejects it where that matters.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="modules-dict",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"has no attribute '_modules'",),
)

_INSTEAD = {"values": "children", "items": "named_children"}
_ITERABLE = ("torch.nn.Sequential", "torch.nn.ModuleList")


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of `_modules.values()` and `_modules.items()` on a module, and what is read by a name."""
    message = "_modules is no attribute of a compiled module"
    for node in facts.in_forward(ast.Call, ast.Subscript):
        if isinstance(node, ast.Call):
            func = node.func
            if isinstance(func, ast.Attribute) and func.attr in _INSTEAD and _is_dict(func.value):
                yield Hit(node, message, func)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            if _is_dict(node.value):
                yield Hit(node, message)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The call that gives the same submodules, or the attribute that gives the one."""
    if isinstance(hit.node, ast.Subscript):
        return _one(hit.node)
    func = hit.detail
    assert isinstance(func, ast.Attribute)
    assert isinstance(func.value, ast.Attribute)
    holder = func.value.value
    if func.attr == "values" and _is_iterable(holder, facts):
        return Change("go through the container", (replace(hit.node, "{m}", m=holder),))
    instead = _INSTEAD[func.attr]
    return Change(f"use {instead}()", (replace(hit.node, f"{{m}}.{instead}()", m=holder),))


def _is_dict(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "_modules"


def _one(read: ast.Subscript) -> Change:
    assert isinstance(read.value, ast.Attribute)
    holder, name = read.value.value, read.slice
    literal = name.value if isinstance(name, ast.Constant) else None
    if isinstance(literal, str) and literal.isidentifier() and not keyword.iskeyword(literal):
        return Change(f"read {literal}", (replace(read, f"{{m}}.{literal}", m=holder),))
    written = replace(read, "getattr({m}, {name})", m=holder, name=name)
    return Change("get the submodule as an attribute", (written,))


def _is_iterable(holder: ast.expr, facts: Facts) -> bool:
    """Whether `self` is of a class that inherits nothing but torch's own way to go through it."""
    owner = facts.unit.class_of(holder)
    if owner is None or not (isinstance(holder, ast.Name) and holder.id == "self"):
        return False
    if "__iter__" in facts.unit.methods(owner):
        return False
    names = [ClassInfo(facts.unit, owner).unit.resolve(base) for base in owner.bases]
    return len(names) == 1 and names[0] in _ITERABLE
