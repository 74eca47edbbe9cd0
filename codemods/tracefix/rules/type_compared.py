"""Compare the type of a value: `type(x) is tuple`.

What it does
    Asks isinstance() where the type of a value is compared with a class or with one of several.

Why TorchScript rejects it
    It has no types as values: "list cannot be used as a value". isinstance() it answers while it
    compiles, and leaves out the arm that is not taken.

Example
    from torch import nn


    class First(nn.Module):
        def forward(self, x):
            if type(x) is tuple or type(x) == list:
                x = x[0]
            return x * 2

Use instead
    from torch import nn


    class First(nn.Module):
        def forward(self, x):
            if isinstance(x, tuple) or isinstance(x, list):
                x = x[0]
            return x * 2

When it is refused
    Where what is compared is something other than a Tensor or a type of Python's own, and for int,
    which isinstance() finds in a bool too, unless the value is known to be none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="type-compared",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"cannot be used as a value", r"Python function call 'type'", r"\btype\("),
)
_EQUAL = (ast.Eq, ast.Is, ast.In)
_UNEQUAL = (ast.NotEq, ast.IsNot, ast.NotIn)
_CLASSES = frozenset({"list", "tuple", "str", "float", "bool", "torch.Tensor"})


def find(facts: Facts) -> Iterator[Hit]:
    """Comparisons of type(x) with a class, or with a tuple or list of classes."""
    for node in facts.in_forward(ast.Compare):
        assert isinstance(node, ast.Compare)
        left = node.left
        if len(node.ops) > 1 or not isinstance(left, ast.Call) or len(left.args) != 1:
            continue
        if facts.unit.resolve(left.func) == "type" and isinstance(node.ops[0], _EQUAL + _UNEQUAL):
            yield Hit(node, f"the type of {ast.unparse(left.args[0])} is compared", left.args[0])


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The same question to isinstance()."""
    assert isinstance(hit.node, ast.Compare)
    assert isinstance(hit.detail, ast.expr)
    given = hit.node.comparators[0]
    several = isinstance(hit.node.ops[0], ast.In | ast.NotIn)
    if several and not isinstance(given, ast.Tuple | ast.List):
        return Refusal(f"{ast.unparse(given)} is not written out")
    classes = given.elts if isinstance(given, ast.Tuple | ast.List) else [given]
    names = [facts.unit.resolve(class_) for class_ in classes]
    for class_, name in zip(classes, names, strict=True):
        may_be_bool = facts.types.of(hit.detail) not in ("int", "float", "Tensor")
        if name not in _CLASSES and (name != "int" or may_be_bool):
            return Refusal(f"isinstance() may answer otherwise for {ast.unparse(class_)}")
    holes = {f"c{n}": class_ for n, class_ in enumerate(classes)}
    asked = ", ".join(f"{{{name}}}" for name in holes)
    asked = f"({asked})" if len(classes) > 1 else asked
    negated = "not " if isinstance(hit.node.ops[0], _UNEQUAL) else ""
    template = f"{negated}isinstance({{value}}, {asked})"
    return Change("ask isinstance()", (replace(hit.node, template, value=hit.detail, **holes),))
