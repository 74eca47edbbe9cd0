"""Attributes that __init__ sets on some paths only: `if learned: self.scale = ...`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracefix.facts.fixed_conditions import fixed_conditions, is_around
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts


def open_reads(facts: Facts) -> Iterator[tuple[ast.Attribute, ast.stmt]]:
    """Where forward reads such an attribute with nothing around that tells whether it is there."""
    settled = list(fixed_conditions(facts))
    for node in facts.in_forward(ast.Attribute):
        owner = facts.unit.class_of(node)
        if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
            continue
        if not isinstance(node.ctx, ast.Load):
            continue
        info = ClassInfo(facts.unit, owner)
        if not is_set_on_one_path(node.attr, info, facts):
            continue
        own = (c for c in settled if c.owner.node is owner)
        if any(is_around(c, node.lineno, facts) for c in own) or _is_asked_for(node, facts):
            continue
        yield node, facts.unit.statement(node)


def is_set_on_one_path(name: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether constructors set an attribute, none of them always, and nothing else defines it."""
    family = (info, *facts.project.bases(info))
    binders = _definitions(name, family)
    if not binders or any(is_named_in_body(c, name) for c in family):
        return False
    for current, binder in binders:
        function = current.unit.function_of(binder)
        if function is None or function is not current.methods.get("__init__"):
            return False
    return not any(
        _always_sets(c.methods["__init__"].body, name, c) for c in {c for c, _ in binders}
    )


def _definitions(name: str, family: Sequence[ClassInfo]) -> list[tuple[ClassInfo, ast.AST]]:
    return [
        (member, binder)
        for member in family
        for binder in member.unit.attribute_binders(member.node, name)
        if not _only_fills(binder, name)
    ]


def _only_fills(binder: ast.AST, name: str) -> bool:
    """Whether a statement sets elements of what the attribute holds already."""
    named = [n for n in walk(binder) if is_self_attribute(n, name)]
    return bool(named) and all(isinstance(getattr(n, "ctx", None), ast.Load) for n in named)


def may_be_missing(name: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether what gives an instance an attribute stands under conditions, and no __init__ always
    gets to one of them."""
    family = (info, *facts.project.bases(info))
    binders = _definitions(name, family)
    conditional = (ast.If, ast.For, ast.While, ast.Try)
    if not binders or not all(
        any(isinstance(a, conditional) for a in c.unit.ancestors(b)) for c, b in binders
    ):
        return False
    inits = [(c.methods["__init__"], c) for c in family if "__init__" in c.methods]
    return not any(_always_sets(init.body, name, c) for init, c in inits)


def is_named_in_body(info: ClassInfo, name: str) -> bool:
    """Whether a class itself has the attribute, which an instance then never lacks."""
    if name in info.methods:
        return True
    lines = (s for s in info.node.body if isinstance(s, ast.Assign | ast.AnnAssign))
    return any(isinstance(n, ast.Name) and n.id == name for s in lines for n in walk(s))


def _always_sets(body: Sequence[ast.stmt], name: str, info: ClassInfo) -> bool:
    binders = set(info.unit.attribute_binders(info.node, name))
    return any(_sets(statement, binders, name, info) for statement in body)


def _sets(statement: ast.stmt, binders: set[ast.AST], name: str, info: ClassInfo) -> bool:
    if isinstance(statement, ast.If):
        arms = (statement.body, statement.orelse)
        return all(_leaves(arm) or _always_sets(arm, name, info) for arm in arms)
    if isinstance(statement, ast.With):
        return _always_sets(statement.body, name, info)
    if isinstance(statement, ast.For | ast.While | ast.Try | ast.Match):
        return False
    return any(node in binders for node in walk(statement))


def _leaves(arm: Sequence[ast.stmt]) -> bool:
    return bool(arm) and isinstance(arm[-1], ast.Raise)


def _is_asked_for(node: ast.Attribute, facts: Facts) -> bool:
    """Whether a condition around asks for the attribute, or for its name."""
    for above in facts.unit.ancestors(node):
        if isinstance(above, ast.If | ast.IfExp | ast.While):
            for part in walk(above.test):
                named = isinstance(part, ast.Constant) and part.value == node.attr
                if named or (part is not node and is_self_attribute(part, node.attr)):
                    return True
    return False
