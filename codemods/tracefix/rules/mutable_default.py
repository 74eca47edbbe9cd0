"""Give a parameter a list for its default.

What it does
    Finds parameters whose default is a list, makes the default None, and the list at the start of the
    function. What the list holds is told by runs, by the default's own elements, or by what is looked
    for in it; else it is tensors.

Why TorchScript rejects it
    Python makes the list once and every call gets the same one, which TorchScript cannot do:
    "Mutable default parameters are not supported".

Example
    import torch
    from torch import nn


    class Features(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4), nn.ReLU()])

        def forward(self, x, wanted=[]):
            for i, layer in enumerate(self.layers):
                x = layer(x)
                if i in wanted:
                    return x
            return x

Use instead
    from typing import List, Optional

    import torch
    from torch import nn


    class Features(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4), nn.ReLU()])

        def forward(self, x, wanted: Optional[List[int]] = None):
            if wanted is None:
                wanted = []
            for i, layer in enumerate(self.layers):
                x = layer(x)
                if i in wanted:
                    return x
            return x

When it is refused
    Where the function may change the list, keep it or give it away, since the next call would find it
    changed; and where the elements are not known to be all of one type.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.observed import spelled
from tracefix.facts.regions import without_docstring
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import parameters
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, annotate, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="mutable-default",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Mutable default parameters",),
)
_ASKING = frozenset({"copy", "count", "index"})
# What takes a list, and neither changes nor keeps it.
_LOOKING = frozenset(
    {
        "enumerate", "isinstance", "len", "max", "min", "print", "reversed", "sorted", "sum",
        "torch.cat", "torch.stack", "zip",
    }
)  # fmt: skip


def find(facts: Facts) -> Iterator[Hit]:
    """Parameters with a list for a default."""
    for function in facts.forward_functions:
        for parameter in parameters(function):
            default = default_of(function, parameter)
            if isinstance(default, ast.List):
                message = f"all calls share the list that is the default of {parameter.arg}"
                yield Hit(parameter, message, (function, default))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """None for the default, and the list made in each call."""
    parameter = hit.node
    assert isinstance(parameter, ast.arg)
    assert isinstance(hit.detail, tuple)
    function, default = hit.detail
    for name in _reads(function, parameter.arg):
        if not _is_harmless(name, facts) and (default.elts or not _needs_elements(name, facts)):
            return Refusal(
                f"line {name.lineno} may change {name.id}, or give it away", facts.unit.span(name)
            )
    body = without_docstring(function)
    if not body or any(not isinstance(e, ast.Constant) for e in default.elts):
        return Refusal(f"{ast.unparse(default)} is not made of literals")
    edits: list[Edit] = [
        replace(default, "None"),
        before(
            body[0],
            f"if {parameter.arg} is None:\n    {parameter.arg} = {facts.unit.text(default)}",
        ),
    ]
    if parameter.annotation is not None:
        text = written("Optional[X]", facts.unit).replace("X", "{type}")
        edits.append(replace(parameter.annotation, text, type=parameter.annotation))
        return Change("make the list in each call", tuple(edits), imports_for([text], facts.unit))
    type_ = _type(function, parameter, default, facts)
    if type_ is None:
        return Refusal("what the list holds is not known to be all of one type")
    text = written(f"Optional[{type_}]", facts.unit)
    edits.append(annotate(parameter, text))
    return Change("make the list in each call", tuple(edits), imports_for([text], facts.unit))


def _reads(function: FunctionNode, name: str) -> Iterator[ast.Name]:
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name:
            yield node


def _is_harmless(name: ast.Name, facts: Facts) -> bool:
    """Whether a place only looks at the list, or gives the name another."""
    above = facts.unit.parents[name]
    if isinstance(name.ctx, ast.Store):
        return not isinstance(above, ast.AugAssign)  # which changes the list itself
    if isinstance(above, ast.Compare):
        return True
    if isinstance(above, ast.Attribute):
        return above.attr in _ASKING
    if isinstance(above, ast.For | ast.comprehension):
        return above.iter is name
    if isinstance(above, ast.Subscript):
        return above.value is name and isinstance(above.ctx, ast.Load)
    if isinstance(above, ast.Call):
        return name in above.args and facts.unit.resolve(above.func) in _LOOKING
    return _is_test(name, facts)


def _is_test(node: ast.expr, facts: Facts) -> bool:
    above = facts.unit.parents[node]
    if isinstance(above, ast.BoolOp) or (
        isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    ):
        return _is_test(above, facts)
    return isinstance(above, ast.If | ast.IfExp | ast.Assert) and above.test is node


def _needs_elements(name: ast.Name, facts: Facts) -> bool:
    """Whether a place is only reached where the list holds something: `if -1 in layers:`."""
    inner: ast.AST = name
    for around in facts.unit.ancestors(name):
        if isinstance(around, ast.If) and inner in around.body:
            parts = around.test.values if _is_and(around.test) else [around.test]  # type: ignore[attr-defined]
            if any(_tells_of_elements(part, name.id) for part in parts):
                return True
        inner = around
    return False


def _is_and(test: ast.expr) -> bool:
    return isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And)


def _tells_of_elements(test: ast.expr, name: str) -> bool:
    if isinstance(test, ast.Name):
        return test.id == name
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    left, operator, right = test.left, test.ops[0], test.comparators[0]
    if isinstance(operator, ast.In):
        return isinstance(right, ast.Name) and right.id == name
    more = isinstance(operator, ast.Gt) and isinstance(right, ast.Constant) and right.value == 0
    return more and ast.unparse(left) == f"len({name})"


def _type(
    function: FunctionNode, parameter: ast.arg, default: ast.List, facts: Facts
) -> str | None:
    """The list's type, in TorchScript's terms."""
    where = (facts.unit.path, facts.unit.qualname(function), parameter.arg)
    seen = facts.observed.parameters.get(where, frozenset()) - {"NoneType"}
    told = {type_ for type_ in seen if "?" not in type_}  # of an empty one nothing is known
    if told:
        known = spelled(told)
        return known if known is not None and known.startswith("List[") else None
    if default.elts:
        given = facts.types.of(default)
        return given if isinstance(given, str) and given.startswith("List[") else None
    for name in _reads(function, parameter.arg):
        above = facts.unit.parents[name]
        if isinstance(above, ast.Compare) and isinstance(above.ops[0], ast.In):
            sought = facts.types.of(above.left)
            if sought in ("int", "str"):
                return f"List[{sought}]"
    return "List[Tensor]"
