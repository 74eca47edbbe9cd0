"""Pick a function by a condition and call it later: `conv = F.conv2d if flat else F.conv3d`.

What it does
    Keeps in a variable which of the two functions it is, and calls the one or the other where the
    function was called. The condition is still asked where it was, and once.

Why TorchScript rejects it
    Functions and layers are no values there: a variable may stand for one, but not for one of two.

Example
    import torch
    from torch import nn
    from torch.nn import functional as F


    class Smooth(nn.Module):
        def forward(self, x):
            if x.dim() == 4:
                pool = F.avg_pool2d
            elif x.dim() == 5:
                pool = F.avg_pool3d
            else:
                raise ValueError("images or videos")
            return pool(x, kernel_size=3, stride=1)

Use instead
    import torch
    from torch import nn
    from torch.nn import functional as F


    class Smooth(nn.Module):
        def forward(self, x):
            if x.dim() == 4:
                use_avg_pool2d = True
            elif x.dim() == 5:
                use_avg_pool2d = False
            else:
                raise ValueError("images or videos")
            return F.avg_pool2d(x, kernel_size=3, stride=1) if use_avg_pool2d else F.avg_pool3d(x, kernel_size=3, stride=1)

When it is refused
    Where the function is handed on, kept or opens a block, where there are more than two, where one
    such call stands in the arguments of another, and where forward assigns a layer that may be called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.chosen_functions import Chosen, chosen_functions, values_of
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="function-in-variable",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(
        r"cannot be used as a value",
        r"undefined value",
        r"is not defined in the",
        r"Type mismatch",
        r"if-expression's true branch has type",
    ),
)
_NO_PARTS = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)  # they bind or run something


def find(facts: Facts) -> Iterator[Hit]:
    """Variables that hold one function or another."""
    for chosen in chosen_functions(facts):
        shown = " or ".join(ast.unparse(f) for f in chosen.functions)
        message = f"no variable of TorchScript holds {shown}"
        yield Hit(chosen.assignments[0], message, chosen)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A bool for the variable, and a conditional expression for each call."""
    chosen = hit.detail
    assert isinstance(chosen, Chosen)
    if len(chosen.functions) > 2:
        return Refusal(f"{chosen.name} may be more than two functions")
    calls = [facts.unit.parents[read] for read in chosen.reads]
    held = facts.once(_all_reads)
    for read, call in zip(chosen.reads, calls, strict=True):
        reason = _why_not_called(read, call, held, facts)
        if reason is not None:
            return Refusal(f"{chosen.name} {reason}")
    changed = _assigned_layer(chosen, facts)
    if changed is not None:
        return Refusal(f"self.{changed} is given another layer on the way")
    own = chosen.functions[0]
    called = own.attr if isinstance(own, ast.Attribute) else ast.unparse(own)
    flag = facts.fresh(f"use_{called.strip('_')}")
    edits = [_noted(assignment, flag, chosen, facts) for assignment in chosen.assignments]
    edits += [_called(call, flag, chosen) for call in calls if isinstance(call, ast.Call)]
    return Change("call one function or the other", tuple(edits))


def _all_reads(facts: Facts) -> frozenset[ast.AST]:
    return frozenset(read for chosen in chosen_functions(facts) for read in chosen.reads)


def _why_not_called(
    read: ast.Name, call: ast.AST, held: frozenset[ast.AST], facts: Facts
) -> str | None:
    if not isinstance(call, ast.Call) or call.func is not read:
        return "is handed on, not called"
    if isinstance(facts.unit.parents[call], ast.withitem):
        return "opens a block"
    given = [n for a in (*call.args, *call.keywords) for n in walk(a)]
    if any(isinstance(n, _NO_PARTS) for n in given):
        return "is called with what binds or runs something"
    if not held.isdisjoint(given):
        return "is called with what such a variable gives: that would be written four times"
    return None


def _assigned_layer(chosen: Chosen, facts: Facts) -> str | None:
    """An attribute among the functions that what forward reaches assigns: it may be another then."""
    for function in chosen.functions:
        if isinstance(function, ast.Attribute) and is_self_attribute(function):
            for store in facts.unit.stored_attributes.get(function.attr, ()):
                if facts.unit.function_of(store) in facts.reach.functions:
                    return function.attr
    return None


def _noted(assignment: ast.Assign, flag: str, chosen: Chosen, facts: Facts) -> Edit:
    """Which function the variable holds, as a bool."""
    value, firsts = assignment.value, [chosen.at(v) == 0 for v in values_of(assignment)]
    if not isinstance(value, ast.IfExp) or firsts[0] == firsts[1]:
        return replace(assignment, f"{flag} = {firsts[0]}")
    if not firsts[0]:
        return replace(assignment, f"{flag} = not {{test}}", test=value.test)
    known = facts.types.of(value.test) == "bool"
    template = "{test}" if known else "bool({test})"
    return replace(assignment, f"{flag} = {template}", test=value.test)


def _called(call: ast.Call, flag: str, chosen: Chosen) -> Edit:
    """`F.relu(x) if use_relu else torch.tanh(x)`."""
    holes: dict[str, Hole] = {f"a{n}": argument for n, argument in enumerate(call.args)}
    holes |= {f"k{n}": keyword.value for n, keyword in enumerate(call.keywords)}
    given = [f"{{a{n}}}" for n in range(len(call.args))]
    for n, keyword in enumerate(call.keywords):
        given.append(f"**{{k{n}}}" if keyword.arg is None else f"{keyword.arg}={{k{n}}}")
    first, second = (f"{ast.unparse(f)}({', '.join(given)})" for f in chosen.functions)
    return replace(call, f"{first} if {flag} else {second}", **holes)
