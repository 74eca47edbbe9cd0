"""Put something in the place of None through a function: `default(mask, x)`.

What it does
    Writes the choice itself in the place of a call of a function that gives its first argument, or the
    second where that is None: `mask if mask is not None else x`.

Why TorchScript rejects it
    The function's parameters have one type each, Tensor where they have no annotation, and what it
    gives is as Optional as what it takes.

Example
    from torch import nn


    def default(val, d):
        return val if val is not None else d


    class Attend(nn.Module):
        def forward(self, x, context=None):
            context = default(context, x)
            return x + context.mean(-1, keepdim=True)

Use instead
    from torch import nn


    def default(val, d):
        return val if val is not None else d


    class Attend(nn.Module):
        def forward(self, x, context=None):
            context = context if context is not None else x
            return x + context.mean(-1, keepdim=True)

When it is refused
    Where the first argument is more than a name or an attribute, since it would be computed twice.
    Where the second does something, which would not be done any more. Where the second is called if it
    is a function, and it is neither a lambda nor of a known type.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.none_functions import Chosen, chosen
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="none-replaced-by-function",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # what is put in the place of None is computed only where it is needed
    answers=(
        r"to be of type 'Tensor' because it was not annotated",
        r"Optional\[",
        r"NoneType",
        r"Union\[",
        r"but instead found type",
        r"isfunction|callable|Lambda",
        r"cannot call a value of type",
        r"Return value was annotated|Previous return statement",
    ),
    after=("untyped-parameter",),
)
_PURE = (
    ast.Name, ast.Constant, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Tuple,
    ast.List, ast.Slice, ast.Compare, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip
_VALUES = ("Tensor", "int", "float", "bool", "str", "None", "List[", "Tuple[", "Dict[")
# Calls that only make or measure something.
_MAKING = frozenset(
    f"torch.{name}"
    for name in ("zeros", "ones", "full", "eye", "arange", "zeros_like", "ones_like")
)
_MEASURING = frozenset({"size", "dim", "numel", "new_zeros", "new_ones", "clone"})


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of such functions."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        choice = chosen(call, facts)
        if choice is not None:
            name = ast.unparse(call.func)
            yield Hit(
                call, f"TorchScript takes what {name}() gives for as Optional as before", choice
            )


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The choice in the place of the call."""
    choice = hit.detail
    assert isinstance(choice, Chosen)
    value, instead = choice.value, choice.instead
    if not isinstance(value, ast.Name | ast.Attribute) or not _is_plain(value, facts):
        return Refusal(f"{ast.unparse(value)} would be computed twice")
    if choice.may_be_called and isinstance(instead, ast.Lambda):
        if ast.unparse(instead.args):
            return Refusal("the lambda has parameters")
        instead = instead.body
    elif not _is_plain(instead, facts):
        return Refusal(f"{ast.unparse(instead)} may do something, and would run only for None")
    elif choice.may_be_called and not _is_no_function(instead, facts):
        return Refusal(f"{ast.unparse(instead)} may be a function")
    template = f"{{value}} if {ast.unparse(value)} is not None else {{instead}}"
    return Change("choose in place", (replace(hit.node, template, value=value, instead=instead),))


def _is_plain(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression only reads, computes or makes something."""
    parts = [n for n in walk(node) if not isinstance(n, ast.keyword)]
    return all(isinstance(n, _PURE) or _is_harmless(n, facts) for n in parts)


def _is_harmless(node: ast.AST, facts: Facts) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if facts.unit.resolve(node.func) in _MAKING:
        return True
    return isinstance(node.func, ast.Attribute) and node.func.attr in _MEASURING


def _is_no_function(node: ast.expr, facts: Facts) -> bool:
    type_ = facts.types.of(node)
    return isinstance(type_, str) and type_.removeprefix("Optional[").startswith(_VALUES)
