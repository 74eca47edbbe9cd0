"""Make forward a static method.

What it does
    Takes `@staticmethod` away and gives forward the `self` that every other forward has.

Why TorchScript rejects it
    It drops the decorator without a word and takes the first parameter for the module itself: "Expected
    a value of type 'Tensor' but instead found type" of the module's class.

Example
    import torch
    from torch import nn


    class Swish(nn.Module):
        @staticmethod
        def forward(x):
            return x * torch.sigmoid(x)

Use instead
    import torch
    from torch import nn


    class Swish(nn.Module):
        def forward(self, x):
            return x * torch.sigmoid(x)

When it is refused
    Where the project calls it on the class, as in `Swish.forward(x)`, where it has no parameters, and
    where something in it is named self.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts, FunctionNode
from tracefix.facts.signatures import parameter_written
from tracefix.facts.static_calls import is_used_on_the_class
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace, undecorated
from tracefix.rules import Rule

RULE = Rule(
    slug="static-forward",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"Arguments for call are not valid",
        r"Expected a value of type",
        r"instead found type '__torch__",
        r"'__torch__\.[^']*' object",
        r"Can't redefine method",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Static forwards of modules."""
    for function in facts.forward_functions:
        if function.name != "forward" or _module_of(function, facts) is None:
            continue
        for decorator in function.decorator_list:
            if facts.unit.resolve(decorator) == "staticmethod":
                yield Hit(decorator, "TorchScript takes the first parameter for self", function)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The method with self."""
    decorator, function = hit.node, hit.detail
    assert isinstance(decorator, ast.expr)
    assert isinstance(function, FunctionNode)
    info = _module_of(function, facts)
    assert info is not None
    args = function.args
    if not args.args or args.posonlyargs:
        return Refusal("it does not start with a plain parameter")
    if len(function.decorator_list) > 1:
        return Refusal("another decorator wraps the function too")
    named = (getattr(n, "id", None) or getattr(n, "arg", None) for n in walk(function))
    if "self" in named:
        return Refusal("something in it is named self")
    if is_used_on_the_class(info, "forward", facts):
        return Refusal(f"the project uses {info.node.name}.forward without an instance")
    text = parameter_written(function, args.args[0]).replace("{", "{{").replace("}", "}}")
    edits = (undecorated(decorator), replace(args.args[0], f"self, {text}"))
    return Change("give forward its self", edits)


def _module_of(function: FunctionNode, facts: Facts) -> ClassInfo | None:
    """The module whose method a function is."""
    owner = facts.unit.parents.get(function)
    if not isinstance(owner, ast.ClassDef):
        return None
    info = ClassInfo(facts.unit, owner)
    return info if facts.project.is_module(info) else None
