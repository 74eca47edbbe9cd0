"""Use a variable that only one path defines.

What it does
    Finds variables that a branch or a loop defines and that are read behind it. Where the read
    follows in any case, the path that leaves the variable undefined raises what Python would.
    Elsewhere the variable starts as None, and the read is guarded.

Why TorchScript rejects it
    Every path must define a variable: "y is not defined in the false branch", or "undefined
    value y" where a loop defines it.

Example
    import torch
    from torch import nn


    class Norm(nn.Module):
        def __init__(self, kind="sum"):
            super().__init__()
            self.kind = kind

        def forward(self, x):
            if self.kind == "sum":
                scale = x.sum()
            elif self.kind == "max":
                scale = x.max()
            return x / scale

Use instead
    import torch
    from torch import nn


    class Norm(nn.Module):
        def __init__(self, kind="sum"):
            super().__init__()
            self.kind = kind

        def forward(self, x):
            if self.kind == "sum":
                scale = x.sum()
            elif self.kind == "max":
                scale = x.max()
            else:
                raise UnboundLocalError("scale")
            return x / scale

When it is refused
    Where the guard has no place (the read is in the test of a loop or of an `elif`, or in a part
    of an expression that may be passed over), and where the variable's type is not known or may
    itself be None.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.flow import UNBOUND
from tracefix.facts.observed import spelled
from tracefix.facts.one_path import OnePath, is_always_evaluated, one_path_names
from tracefix.facts.same_test import never_read_unbound
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, otherwise
from tracefix.rules import Rule
from tracefix.rules.if_chain import Chain, is_elif

RULE = Rule(
    slug="name-defined-on-one-path",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"is not defined in the (true|false) branch", r"undefined value"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first read of each variable that some path has not defined by then."""
    for function in facts.forward_functions:
        flow = facts.flow(function)
        for found in one_path_names(function, facts.unit, facts.types, flow):
            message = f"{found.name} is not defined on every path that leads here"
            yield Hit(found.reads[0], message, found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The missing path raises, or the variable starts as None and its reads are guarded."""
    found = hit.detail
    assert isinstance(found, OnePath)
    chain = Chain.of(found.constructs[0], facts.unit) if len(found.constructs) == 1 else None
    if chain is not None and not chain.last.orelse and _is_read_next(chain.head, found, facts):
        edit = otherwise(chain.last, f'raise UnboundLocalError("{found.name}")')
        return Change(f"raise where {found.name} would be undefined", (edit,))
    return _optional(found, facts)


def _optional(found: OnePath, facts: Facts) -> Change | Refusal:
    if any(isinstance(facts.unit.parents[d], ast.AnnAssign) for d in found.definitions):
        return Refusal(f"{found.name} is annotated where it is defined")
    annotation = _annotation(found, facts)
    if isinstance(annotation, Refusal):
        return annotation
    guards: list[ast.stmt] = []
    for read in found.reads:
        statement = facts.unit.statement(read)
        if not _may_be_guarded(statement, facts):
            return Refusal(f"{found.name} is read in a test that no statement can stand before")
        if not is_always_evaluated(read, facts.unit):
            return Refusal(
                f"{found.name} is read by a part of an expression that may be passed over"
            )
        if not any(_follows(statement, guard, facts) for guard in guards):
            guards.append(statement)
    proven = all(never_read_unbound(found, read, facts) for read in found.reads)
    check = (
        f"assert {found.name} is not None"
        if proven
        else f'if {found.name} is None:\n    raise UnboundLocalError("{found.name}")'
    )
    first = _first_statement(found, facts)
    edits: list[Edit] = [before(first, f"{found.name}: {annotation} = None")]
    edits += [before(guard, check) for guard in guards]
    imports = imports_for([annotation], facts.unit)
    return Change(f"define {found.name} on every path", tuple(edits), imports)


def _annotation(found: OnePath, facts: Facts) -> str | Refusal:
    function = facts.unit.function_of(found.reads[0])
    assert function is not None
    type_ = facts.types.of_local(function, found.name)
    if isinstance(type_, Unknown):
        return Refusal(f"the type of {found.name} is not known: {type_.why}")
    optional = spelled(["NoneType", type_.removeprefix("torch.")])
    if optional is None or type_ == "None" or type_.startswith("Optional["):
        return Refusal(f"{found.name} is of type {type_}, which cannot be annotated here")
    return written(optional, facts.unit)


def _is_read_next(head: ast.stmt, found: OnePath, facts: Facts) -> bool:
    """Whether no path has the variable before a branch, and every path behind it reads it."""
    replaced = facts.flow_at(head).replaced
    looped = any(isinstance(a, ast.For | ast.While) for a in facts.unit.ancestors(head))
    targets = [d for d in found.definitions if isinstance(d, ast.Name)]
    if looped and any(replaced.get(d) != frozenset({UNBOUND}) for d in targets):
        return False  # the loop's last round may have defined it
    block = facts.unit.block_of(head)
    for statement in block[block.index(head) + 1 :]:
        inside = {n for n in walk(statement) if n in found.reads}
        if any(
            facts.unit.statement(n) is statement and is_always_evaluated(n, facts.unit)
            for n in inside
        ):
            return True
        if inside or not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.Assert):
            return False
    return False


def _may_be_guarded(statement: ast.stmt, facts: Facts) -> bool:
    if isinstance(statement, ast.While):
        return False
    return not is_elif(statement, facts.unit)


def _follows(statement: ast.stmt, guard: ast.stmt, facts: Facts) -> bool:
    """Whether a statement comes behind a guard in the same block, or inside of such a one."""
    block = facts.unit.block_of(guard)
    behind = block[block.index(guard) :]
    return any(a in behind for a in (statement, *facts.unit.ancestors(statement)))


def _first_statement(found: OnePath, facts: Facts) -> ast.stmt:
    """The first statement of the function's own body that has to do with the variable."""
    function = facts.unit.function_of(found.reads[0])
    assert function is not None
    concerned = {*found.reads, *found.definitions}
    return next(s for s in function.body if any(n in concerned for n in walk(s)))
