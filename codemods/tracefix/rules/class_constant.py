"""Read a constant of the class through self.

What it does
    Finds `self.K` in what forward reaches where only the class's body gives K its value, a number, a
    string, a bool, None or a tuple or list of those, and declares K Final. One that code assigns later,
    to configure the class, is listed in `__constants__` instead.

Why TorchScript rejects it
    A compiled module has what its instance holds, and of its class only what is declared constant:
    "has no attribute".

Example
    import torch
    from torch import nn


    class Clamp(nn.Module):
        limit = 5.0

        def forward(self, x):
            return x.clamp(-self.limit, self.limit)

Use instead
    from typing import Final

    import torch
    from torch import nn


    class Clamp(nn.Module):
        limit: Final = 5.0

        def forward(self, x):
            return x.clamp(-self.limit, self.limit)

When it is refused
    Where it is given a value together with something else (`a = b = 3`), or `__constants__` is not a
    plain list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.torch_types import is_constant_type
from tracefix.facts.types import Unknown
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.final_attribute import is_final, listed, repeated

RULE = Rule(
    slug="class-constant",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"has no attribute",),
)


@dataclass(frozen=True)
class Constant:
    """A name, and the statement of a class's body that gives it its value."""

    name: str
    home: ClassInfo
    statement: ast.Assign | ast.AnnAssign


def find(facts: Facts) -> Iterator[Hit]:
    """Statements of class bodies that give a value which forward reads through self."""
    assigned: dict[ast.ClassDef, list[Constant]] = {}
    for constant in _read_constants(facts):
        message = f"{constant.name} lies in the class, not in its instances"
        if not any(u.stored_attributes.get(constant.name) for u in facts.project.units.values()):
            yield Hit(constant.statement, message, constant)
        else:
            assigned.setdefault(constant.home.node, []).append(constant)
    for home, constants in assigned.items():
        names = " and ".join(constant.name for constant in constants)
        yield Hit(constants[0].statement, f"{names}: given by the class {home.name}", constants)


def _read_constants(facts: Facts) -> Iterator[Constant]:
    """What forward reads through self and a class's body gives, each once."""
    seen: set[ast.stmt] = set()
    for node in facts.in_forward(ast.Attribute):
        owner = facts.unit.class_of(node)
        if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
            continue
        found = _given_by_class(node.attr, ClassInfo(facts.unit, owner), facts)
        if found is not None and found.statement not in seen:
            seen.add(found.statement)
            yield found


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """`K: Final = 3`, or K in `__constants__`."""
    found = hit.detail
    if isinstance(found, list):
        return _listed(found, facts)
    assert isinstance(found, Constant)
    name, statement = found.name, found.statement
    if isinstance(statement, ast.AnnAssign):
        declared: Edit = replace(statement.annotation, "Final[{t}]", t=statement.annotation)
    elif len(statement.targets) > 1:
        return Refusal(f"{name} is given its value together with something else")
    else:
        declared = replace(statement, f"{name}: Final = {{value}}", value=statement.value)
    below = repeated(name, found.home, facts, "Final")
    return Change(f"declare {name} Final", (declared, *below), ("from typing import Final",))


def _listed(found: list[Constant], facts: Facts) -> Change | Refusal:
    """The names in `__constants__`, which does not say that nobody assigns them."""
    last = max((constant.statement for constant in found), key=lambda s: s.lineno)
    edits = listed([constant.name for constant in found], found[0].home, facts, below=last)
    if isinstance(edits, Refusal):
        return edits
    return Change("list in __constants__", tuple(edits))


def _given_by_class(name: str, info: ClassInfo, facts: Facts) -> Constant | None:
    """The class of this file whose body gives the value, where no instance holds its own."""
    for member in (info, *facts.project.bases(info)):
        if member.unit.attribute_binders(member.node, name) or name in member.methods:
            return None
        statement = _statement(name, member)
        if statement is None or statement.value is None:
            continue
        if member.unit is not facts.unit or is_final(name, member):
            return None
        type_ = facts.types.of(statement.value)
        plain = not isinstance(type_, Unknown) and is_constant_type(type_)
        return Constant(name, member, statement) if plain else None
    return None


def _statement(name: str, info: ClassInfo) -> ast.Assign | ast.AnnAssign | None:
    """The last statement of a class's own body that gives a name its value."""
    found: ast.Assign | ast.AnnAssign | None = None
    for statement in info.node.body:
        if isinstance(statement, ast.Assign) and any(_is_name(t, name) for t in statement.targets):
            found = statement
        elif isinstance(statement, ast.AnnAssign) and _is_name(statement.target, name):
            found = statement if statement.value is not None else found
    return found


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
