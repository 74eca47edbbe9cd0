"""Keep a submodule or value under a private name, `self.__fc`.

What it does
    Writes the names with two leading underscores that forward reads as Python itself mangles them,
    so that they mean the same attribute for everyone.

Why TorchScript rejects it
    Python compiles `self.__fc` in class Net to `self._Net__fc`, which is what the instance and its
    state_dict have. TorchScript looks for `__fc`: "has no attribute".

Example
    import torch
    from torch import nn


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.__fc = nn.Linear(4, 2)

        def forward(self, x):
            return self.__fc(x)

Use instead
    import torch
    from torch import nn


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.__fc = nn.Linear(4, 2)

        def forward(self, x):
            return self._Net__fc(x)

When it is refused
    Methods are passed over: TorchScript defines them by the name that they are written with.
    Renaming the attribute would read better, but changes the keys of the state_dict.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.reach import is_self_attribute
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="private-attribute",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"has no attribute '__", r"nonexistent attribute: __"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first read of each private name of a class."""
    seen: set[tuple[ast.ClassDef, str]] = set()
    for node in facts.in_forward(ast.Attribute):
        owner = facts.unit.class_of(node)
        if owner is None or not isinstance(node, ast.Attribute) or not _is_private(node):
            continue
        if node.attr in facts.unit.methods(owner):
            continue  # a method keeps the name that it is written with
        if (owner, node.attr) not in seen:
            seen.add((owner, node.attr))
            yield Hit(node, f"Python knows self.{node.attr} by another name", owner)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The name as Python mangles it, wherever forward uses it in the class."""
    owner, read = hit.detail, hit.node
    assert isinstance(owner, ast.ClassDef)
    assert isinstance(read, ast.Attribute)
    mangled = f"self._{owner.name.lstrip('_')}{read.attr}"
    edits = tuple(
        replace(node, mangled)
        for node in facts.in_forward(ast.Attribute)
        if isinstance(node, ast.Attribute)
        and node.attr == read.attr
        and _is_private(node)
        and facts.unit.class_of(node) is owner
    )
    return Change(f"write {mangled}", edits)


def _is_private(node: ast.Attribute) -> bool:
    """Whether Python mangles the name: two underscores in front, and not two behind."""
    return is_self_attribute(node) and node.attr.startswith("__") and not node.attr.endswith("__")
