"""Name the parameter that next(self.parameters()) gives.

What it does
    Reads the first parameter of a module, or of one of its layers, as the attribute that it is,
    where the text of __init__ tells which parameter that is.

Why TorchScript rejects it
    "Python builtin <built-in function next> is currently not supported", and parameters() is a
    generator: "Yield aren't supported".

Example
    import torch
    from torch import nn


    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.0)
            self.embed = nn.Linear(3, 4)

        def forward(self, x):
            return self.embed(self.drop(x.to(next(self.parameters()).dtype)))

Use instead
    import torch
    from torch import nn


    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.0)
            self.embed = nn.Linear(3, 4)

        def forward(self, x):
            return self.embed(self.drop(x.to(self.embed.weight.dtype)))

When it is refused
    Where a loop, a condition or a method decides what is registered first, where a class inherits
    from another than nn.Module or others inherit from it, and where the first layer is handed in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.first_parameter import first_parameter
from tracefix.facts.literals import literal_int
from tracefix.facts.reach import is_self_attribute
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="first-parameter",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"built-in function (next|iter)", r"Yield aren't supported"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """`next(self.parameters())` and `list(self.parameters())[0]`, also of a layer of self."""
    for node in facts.in_forward(ast.Call, ast.Subscript):
        holder = _holder(node, facts)
        if holder is not None:
            yield Hit(node, "TorchScript cannot go through parameters()", holder)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The path of the parameter."""
    holder, owner = hit.detail, facts.unit.class_of(hit.node)
    assert isinstance(holder, ast.expr)
    info = ClassInfo(facts.unit, owner) if owner is not None else None
    if info is not None and is_self_attribute(holder):
        assert isinstance(holder, ast.Attribute)
        info = _class_of_layer(holder.attr, info, facts)
    path = first_parameter(info, facts) if info is not None else None
    if path is None:
        return Refusal("the text does not tell which parameter is the first")
    return Change(f"read {path}", (replace(hit.node, f"{{holder}}.{path}", holder=holder),))


def _holder(node: ast.AST, facts: Facts) -> ast.expr | None:
    """The module whose first parameter is read: self, or a layer of it."""
    if isinstance(node, ast.Subscript) and literal_int(node.slice) == 0:
        listed = node.value
        named = isinstance(listed, ast.Call) and facts.unit.resolve(listed.func) == "list"
    elif isinstance(node, ast.Call) and facts.unit.resolve(node.func) == "next":
        listed, named = node, True
    else:
        return None
    if not named or not isinstance(listed, ast.Call) or len(listed.args) != 1 or listed.keywords:
        return None
    given = listed.args[0]
    if isinstance(given, ast.Call) and facts.unit.resolve(given.func) == "iter":
        given = given.args[0] if given.args else given
    if not isinstance(given, ast.Call) or given.args or given.keywords:
        return None
    if not isinstance(given.func, ast.Attribute) or given.func.attr != "parameters":
        return None
    holder = given.func.value
    of_self = isinstance(holder, ast.Name) and holder.id == "self"
    return holder if of_self or is_self_attribute(holder) else None


def _class_of_layer(name: str, info: ClassInfo, facts: Facts) -> ClassInfo | None:
    """The project's class that the one assignment of a layer constructs."""
    binders = facts.unit.attribute_binders(info.node, name)
    if len(binders) != 1 or not isinstance(binders[0], ast.Assign):
        return None
    made = binders[0].value
    return facts.project.find_class(info.unit, made.func) if isinstance(made, ast.Call) else None
