"""Give a function a tensor where its default is a number.

What it does
    Finds calls that hand a tensor to a parameter whose default is a number, of functions that do
    nothing but return an expression, and writes the expression in the place of the call.

Why TorchScript rejects it
    A parameter has one type, and so has its default: "Expected a default value of type Tensor
    (inferred) on parameter".

Example
    import torch
    import torch.nn.functional as F
    from torch import nn


    def power_mean(x, p=3):
        return F.avg_pool2d(x.pow(p), x.shape[-2:]).pow(1.0 / p)


    class Pool(nn.Module):
        def __init__(self):
            super().__init__()
            self.p = nn.Parameter(torch.ones(1) * 3)

        def forward(self, x):
            return power_mean(x, p=self.p)

Use instead
    import torch
    import torch.nn.functional as F
    from torch import nn


    def power_mean(x, p=3):
        return F.avg_pool2d(x.pow(p), x.shape[-2:]).pow(1.0 / p)


    class Pool(nn.Module):
        def __init__(self):
            super().__init__()
            self.p = nn.Parameter(torch.ones(1) * 3)

        def forward(self, x):
            return F.avg_pool2d(x.pow(self.p), x.shape[-2:]).pow(1.0 / self.p)

When it is refused
    Where an argument is more than a name, an attribute or a literal, since the expression may read it
    twice; and where a name of the expression means something else at the call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.call_sites import function_run, given_by
from tracefix.facts.regions import without_docstring
from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import parameters
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tensor-for-number",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"Expected a default value of type Tensor",
        r"Expected a value of type '(int|float|bool)' for argument '\w+' but instead found type 'Tensor",
    ),
)
# What binds names of its own, or would be told apart from a hole of a template no more.
_TOO_MUCH = (ast.Lambda, ast.comprehension, ast.NamedExpr, ast.JoinedStr, ast.Dict, ast.Set)
_PLAIN = (ast.Name, ast.Attribute, ast.Constant, ast.expr_context)


def find(facts: Facts) -> Iterator[Hit]:
    """Such calls."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        function = function_run(call, facts)
        if function is None or function.decorator_list:
            continue
        given = given_by(call, function, facts) or {}
        for parameter in parameters(function):
            value = given.get(parameter.arg)
            if value is None or not _is_number(default_of(function, parameter)):
                continue
            if facts.types.is_tensor(value) and not facts.is_assumed_tensor(value):
                message = f"{function.name}() takes a number for {parameter.arg}, by its default"
                yield Hit(call, message, (function, given))
                break


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """What the function returns, with the arguments in it."""
    call = hit.node
    assert isinstance(call, ast.Call)
    assert isinstance(hit.detail, tuple)
    function, given = hit.detail
    returned = _returned(function)
    if returned is None:
        return Refusal(f"{function.name}() does more than return an expression")
    values = _values(function, given)
    if values is None:
        return Refusal("not all of its parameters are given plain values")
    odd = next((value for value in values.values() if not _is_plain(value)), None)
    if odd is not None:
        return Refusal(f"{ast.unparse(odd)} would be computed each time it is read")
    caller = facts.unit.function_of(call)
    bound = facts.unit.bound_names(caller) if caller is not None else frozenset()
    read = {n.id for n in walk(returned) if isinstance(n, ast.Name)} - values.keys() - {"self"}
    if read & bound:
        return Refusal(f"{min(read & bound)} is another one where it is called")
    template = _template(returned, frozenset(values), facts)
    # As text: a default lies elsewhere.
    texts = {name: facts.unit.text(value) for name, value in values.items()}
    holes: dict[str, Hole] = {
        name: text for name, text in texts.items() if f"{{{name}}}" in template
    }
    return Change("compute it in place", (replace(call, template, **holes),))


def _is_number(default: ast.expr | None) -> bool:
    return isinstance(default, ast.Constant) and isinstance(default.value, int | float)


def _returned(function: FunctionNode) -> ast.expr | None:
    """The expression that is all of a function, where it may stand elsewhere too."""
    body = without_docstring(function)
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return None
    value = body[0].value
    odd = any(isinstance(node, _TOO_MUCH) for node in walk(value))
    return None if odd or set("{}") & set(ast.unparse(value)) else value


def _values(function: FunctionNode, given: dict[str, ast.expr]) -> dict[str, ast.expr] | None:
    """What each parameter stands for, literal defaults with them; None where one has nothing."""
    values: dict[str, ast.expr] = {}
    for parameter in parameters(function):
        value = given.get(parameter.arg)
        default = default_of(function, parameter)
        if value is None and isinstance(default, ast.Constant):  # others were worked out once
            value = default
        if value is not None:
            values[parameter.arg] = value
        elif parameter.arg != "self":
            return None
    return values


def _is_plain(value: ast.expr) -> bool:
    """Whether it may be read twice."""
    return all(isinstance(node, _PLAIN) for node in walk(value))


def _template(returned: ast.expr, names: frozenset[str], facts: Facts) -> str:
    """The expression as it is written, with holes for some names."""
    start, text = facts.unit.span(returned).start, facts.unit.text(returned)
    if "\n" in text:  # what holds its lines together may stand around it
        returned = ast.parse(ast.unparse(returned), mode="eval").body
        for node in ast.walk(returned):
            if isinstance(node, ast.Name) and node.id in names:
                node.id = f"{{{node.id}}}"
        return ast.unparse(returned)
    read = [n for n in walk(returned) if isinstance(n, ast.Name) and n.id in names]
    for node in sorted(read, key=lambda n: -n.col_offset):
        span = facts.unit.span(node)
        text = f"{text[:span.start - start]}{{{node.id}}}{text[span.end - start:]}"
    return text
