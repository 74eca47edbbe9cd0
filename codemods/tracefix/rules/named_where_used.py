"""Name a value where it is used: `if (n := x.size(0)) > 1`.

What it does
    Finds the walrus `:=` and gives the name in a statement of its own: in front of the statement
    that uses it, within the loop whose test it is part of, or between the operands of an `and`.

Why TorchScript rejects it
    "NamedExpr aren't supported".

Example
    from torch import nn


    class Batch(nn.Module):
        def forward(self, x):
            if (n := x.size(0)) > 1:
                x = x / n
            while (total := x.sum()) > 1:
                x = x / total.ceil().add(1)
            return x

Use instead
    from torch import nn


    class Batch(nn.Module):
        def forward(self, x):
            n = x.size(0)
            if n > 1:
                x = x / n
            while True:
                total = x.sum()
                if not (total > 1):
                    break
                x = x / total.ceil().add(1)
            return x

When it is refused
    Where the value is not worked out each time that its statement runs, where something else is
    worked out before it, in an `elif`, and behind an `and` where the branch or loop has an else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.named_values import (
    SplitTest,
    split_test,
    why_not_named_before,
    why_not_named_before_statement,
)
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="named-where-used",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # what stands before it in the statement is read after it
    answers=(r"NamedExpr aren't supported",),
    after=("comprehension-as-loop", "loop-else"),  # the loop has a place for the statement
)


def find(facts: Facts) -> Iterator[Hit]:
    """Every walrus."""
    for node in facts.in_forward(ast.NamedExpr):
        yield Hit(node, "TorchScript has no `:=`")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A statement that gives the name."""
    named = hit.node
    assert isinstance(named, ast.NamedExpr)
    statement = facts.unit.statement(named)
    if isinstance(statement, ast.While | ast.If) and named in walk(statement.test):
        parts = split_test(named, statement.test, facts.unit)
        if parts.before or isinstance(statement, ast.While):
            return _in_test(named, statement, parts, facts)
    reason = why_not_named_before_statement(named, facts.unit)
    if reason is not None:
        return Refusal(reason)
    given = f"{named.target.id} = {{value}}"
    if isinstance(statement, ast.Expr) and statement.value is named:
        return Change("assign it", (replace(statement, given, value=named.value),))
    edits = (before(statement, given, value=named.value), replace(named, named.target.id))
    return Change("give the name before", edits)


def _in_test(
    named: ast.NamedExpr, statement: ast.While | ast.If, parts: SplitTest, facts: Facts
) -> Change | Refusal:
    """The name given between the operands of a test, or at the start of a loop's rounds."""
    if statement.orelse:
        return Refusal("what it decides has an else, which would have to stand twice")
    if _is_elif(statement, facts):
        return Refusal("it stands in an elif")
    reason = why_not_named_before(named, parts.behind, facts.unit)
    if reason is not None:
        return Refusal(reason)
    holes: dict[str, Hole] = {f"before{n}": part for n, part in enumerate(parts.before)}
    head = " and ".join(f"{{{name}}}" for name in holes) or "True"
    later = {f"behind{n}": part for n, part in enumerate(parts.behind)}
    rest = " and ".join(f"{{{name}}}" for name in later)
    given = f"{named.target.id} = {{value}}"
    if isinstance(statement, ast.If):
        form = f"if {head}:\n    {given}\n    if {rest}:\n        {{body}}"
    else:
        left = f"not ({rest})" if len(later) > 1 else f"not {rest}"
        form = f"while {head}:\n    {given}\n    if {left}:\n        break\n    {{body}}"
    edits = (
        replace(statement, form, value=named.value, body=statement.body, **holes, **later),
        replace(named, named.target.id),
    )
    return Change("give the name on its way", edits)


def _is_elif(statement: ast.stmt, facts: Facts) -> bool:
    return facts.unit.source.text.startswith("elif", facts.unit.span(statement).start)
