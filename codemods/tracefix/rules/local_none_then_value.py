"""Start a variable as None and give it a value later.

What it does
    Finds variables that start as None and get a value in a branch or a loop, and writes the
    Optional that they are. Of several that start in one statement, `h, c = None, None`, each gets a
    line of its own.

Why TorchScript rejects it
    A variable keeps the type of its first value: "previously had type NoneType but is now being
    assigned to a value of type Tensor".

Example
    from typing import Optional

    import torch
    from torch import nn


    class Running(nn.Module):
        def forward(self, x):
            total = None
            for i in range(3):
                if total is None:
                    total = x
                else:
                    total = total + x * i
            return total

Use instead
    from typing import Optional

    import torch
    from torch import nn


    class Running(nn.Module):
        def forward(self, x):
            total: Optional[torch.Tensor] = None
            for i in range(3):
                if total is None:
                    total = x
                else:
                    total = total + x * i
            return total

When it is refused
    Where the type of the value is not known, neither from the text nor from what torch says of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.assignments import Assigned, assigned_names, is_never_read
from tracefix.facts.observed import spelled
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="local-none-then-value",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"previously had type NoneType but is now being assigned to a value of type",),
)

_TOLD = re.compile(
    r"Variable '(?P<name>\w+)' previously had type NoneType but is now being assigned to a value "
    r"of type (?P<type>\w[^\n]*?)(?: \(inferred\))?:? *(?:\n|$)"
)
_SPELLINGS = {"None": "NoneType", "torch.Size": "Size"}  # as a run would show them


def find(facts: Facts) -> Iterator[Hit]:
    """The None that a variable starts as, where a branch or a loop replaces it."""
    for name in assigned_names(facts):
        start, *later = name.values
        if not _is_none(name.values[start]) or is_never_read(start, name, facts):
            continue
        replaced = facts.flow(name.function).replaced
        if any(start in replaced[t] and name.is_nested(t, facts.unit) for t in later):
            yield Hit(facts.unit.parents[start], f"{name.name} is None first", name)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """The None of the variable that torch names with a type, where the text does not show one."""
    told = _TOLD.search(outcome.error)
    lines = [place.line for place in outcome.places if place.path == facts.unit.path]
    if told is None or not lines:
        return
    for function in facts.forward_functions:
        if function.lineno <= lines[0] <= (function.end_lineno or 0):
            for statement in walk(function):
                if isinstance(statement, ast.Assign) and told["name"] in _none_names(statement):
                    shown = (h for h in find(facts) if h.node is statement)
                    if not any(isinstance(fix(h, facts), Change) for h in shown):
                        yield Hit(statement, f"{told['name']} is None first", told)
                    return


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`name: Optional[type] = None`."""
    assert isinstance(hit.node, ast.Assign)
    if isinstance(hit.detail, re.Match):
        return _as_told(hit.node, hit.detail["name"], hit.detail["type"], facts)
    name = hit.detail
    assert isinstance(name, Assigned)
    types = [facts.types.of(value) for value in name.values.values()]
    unknown = [type_ for type_ in types if isinstance(type_, Unknown)]
    if unknown:
        return Refusal(f"the type of {name.name} is not known: {unknown[0].why}")
    type_ = spelled(_SPELLINGS.get(str(t), str(t)) for t in types)
    if type_ is None:
        return Refusal(f"{name.name} takes values of types that do not go together")
    annotation = written(type_, facts.unit)
    edit = replace(hit.node, f"{name.name}: {annotation} = None")
    return Change("write the Optional", (edit,), imports_for([annotation], facts.unit))


def _as_told(statement: ast.Assign, name: str, type_: str, facts: Facts) -> Change | Refusal:
    """The type that torch has met, for one of the variables that the statement gives None."""
    if "__torch__" in type_:
        return Refusal(f"{name} is a {type_} later")
    annotation = written(f"Optional[{type_}]", facts.unit)
    names = _none_names(statement)
    lines = (f"{n}: {annotation} = None" if n == name else f"{n} = None" for n in names)
    edit = replace(statement, "\n".join(lines))
    return Change("write the Optional", (edit,), imports_for([annotation], facts.unit))


def _none_names(statement: ast.Assign) -> list[str]:
    """The variables of a statement that gives None to plain names alone, in text order."""
    names: list[str] = []
    for target in statement.targets:
        taken: list[ast.expr] = [target]
        given = [statement.value]
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            taken, given = target.elts, statement.value.elts
        plain = [element.id for element in taken if isinstance(element, ast.Name)]
        if not len(plain) == len(taken) == len(given) or not all(map(_is_none, given)):
            return []
        names += plain
    return names


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
