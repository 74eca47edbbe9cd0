"""Silence warnings in a block of forward: `with warnings.catch_warnings():`.

What it does
    Takes a block away that does nothing but ignore warnings, and keeps what stands in it. The
    values are the same; a warning that torch still gives there is seen again.

Why TorchScript rejects it
    It compiles the context manager itself: "Compiled functions can't take variable number of
    arguments".

Example
    import warnings

    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.MaxPool2d(3, 1, 1)

        def forward(self, x):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                y = self.pool(x)
                return torch.cat([x, y, self.pool(y)], 1)

Use instead
    import warnings

    import torch
    from torch import nn


    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.MaxPool2d(3, 1, 1)

        def forward(self, x):
            y = self.pool(x)
            return torch.cat([x, y, self.pool(y)], 1)

When it is refused
    Where the block records warnings, turns them into errors or shows more of them, or where its own
    code calls warnings.warn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="silenced-warnings",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.ASK,
    answers=(r"variable number of arguments",),
)

_CATCH = ("warnings.catch_warnings",)
_FILTERS = ("warnings.simplefilter", "warnings.filterwarnings")


def find(facts: Facts) -> Iterator[Hit]:
    """Blocks that change which warnings are shown."""
    for block in facts.in_forward(ast.With):
        assert isinstance(block, ast.With)
        if len(block.items) == 1 and _is_call(block.items[0].context_expr, _CATCH, facts):
            yield Hit(block, "TorchScript cannot compile warnings.catch_warnings()")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The block's statements without those about warnings."""
    block = hit.node
    assert isinstance(block, ast.With)
    filters = [s for s in block.body if _ignores(s, facts)]
    kept = [s for s in block.body if s not in filters]
    call = block.items[0].context_expr
    assert isinstance(call, ast.Call)
    if call.args or call.keywords or block.items[0].optional_vars is not None:
        return Refusal("the warnings are recorded")
    if any(_concerns_warnings(node, facts) for s in kept for node in walk(s)):
        return Refusal("the block does more about warnings than to ignore them")
    if not kept or not filters:
        return Refusal("there is nothing else in the block" if filters else "nothing is ignored")
    edits = (replace(block, "{body}", body=block.body), *map(remove, filters))
    return Change("warn as everywhere else", edits)


def _ignores(statement: ast.stmt, facts: Facts) -> bool:
    """Whether a statement is `warnings.simplefilter("ignore")`, or the like with more about which."""
    if not isinstance(statement, ast.Expr) or not _is_call(statement.value, _FILTERS, facts):
        return False
    assert isinstance(statement.value, ast.Call)
    action = next((k.value for k in statement.value.keywords if k.arg == "action"), None)
    action = statement.value.args[0] if statement.value.args else action
    return isinstance(action, ast.Constant) and action.value == "ignore"


def _concerns_warnings(node: ast.AST, facts: Facts) -> bool:
    named = facts.unit.resolve(node) if isinstance(node, ast.Name | ast.Attribute) else None
    return named is not None and named.partition(".")[0] == "warnings"


def _is_call(node: ast.expr, names: tuple[str, ...], facts: Facts) -> bool:
    return isinstance(node, ast.Call) and facts.unit.resolve(node.func) in names
