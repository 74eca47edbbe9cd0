"""Turning an attribute into a registered buffer: where it is defined, and what forbids it."""

from __future__ import annotations

import ast

from tracefix.facts import Facts
from tracefix.facts.state import State, StateAttribute, Write
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode
from tracefix.facts.uses import buffer_loop, hook, namesake, outside, reflection
from tracefix.model import Refusal
from tracefix.rewrite.change import Edit, replace


def state_of(facts: Facts) -> State:
    """What forward moves in this file."""
    return State(facts.unit, facts.project, facts.reach, facts.types)


def forbidden(attribute: StateAttribute, facts: Facts) -> Refusal | None:
    """Why an attribute cannot become a buffer, whatever it holds."""
    name = attribute.name
    if attribute.deletions:
        return Refusal(f"self.{name} is deleted", facts.unit.span(attribute.deletions[0]))
    for info in attribute.family:
        if info.unit is not facts.unit and f"self.{name}" in info.unit.source.text:
            return Refusal(f"{info.subject} uses self.{name} in another file")
    for found in (
        hook(attribute),
        reflection(attribute, facts.project),
        buffer_loop(facts.project),
    ):
        if found is not None:
            return Refusal(f"self.{name} cannot become a buffer: {found}")
    return None


def definition_of(attribute: StateAttribute, facts: Facts) -> Write | Refusal:
    """The one plain statement of __init__ that defines an attribute, where a buffer can be made."""
    name = attribute.name
    if len(attribute.definitions) != 1:
        return Refusal(f"self.{name} is defined in several places of __init__")
    definition = attribute.definitions[0]
    if definition.value is None or isinstance(definition.statement, ast.AugAssign):
        return Refusal(f"self.{name} is defined together with something else")
    body = definition.function.body
    if definition.statement not in body:
        return Refusal(f"whether self.{name} is defined depends on a condition")
    at = super_init(definition.function)
    if at is None or body.index(at) > body.index(definition.statement):
        return Refusal(f"self.{name} is defined before Module.__init__ has run")
    return definition


def super_init(init: FunctionNode) -> ast.stmt | None:
    """The statement of an __init__'s own body that calls the __init__ it overrides."""
    for statement in init.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            func = statement.value.func
            if isinstance(func, ast.Attribute) and func.attr == "__init__":
                return statement
    return None


def outside_reads(attribute: StateAttribute, facts: Facts, form: str) -> list[Edit] | Refusal:
    """The edits that put `form` where other code of the file reads the attribute of an object."""
    edits: list[Edit] = []
    for use in outside(attribute, facts.project):
        where = use.unit.place(use.node)
        if use.unit is not facts.unit:
            return Refusal(f"{where} uses .{attribute.name} of an object, in another file")
        other = namesake(attribute, facts.project)
        if other is not None:
            return Refusal(f"{where} may mean the .{attribute.name} of {other}")
        if not isinstance(use.node.ctx, ast.Load):
            return Refusal(f"{where} assigns .{attribute.name} from outside")
        edits.append(replace(use.node, form, read=use.node))
    return edits


def is_registered(attribute: StateAttribute) -> bool:
    """Whether some __init__ of the family registers the attribute as a buffer that holds a tensor."""
    for info in attribute.family:
        for node in walk(info.node):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr == "register_buffer" and len(node.args) > 1:
                    name, held = node.args[:2]
                    nothing = isinstance(held, ast.Constant) and held.value is None
                    if isinstance(name, ast.Constant) and name.value == attribute.name:
                        return not nothing
    return False


def torch_imports(facts: Facts) -> tuple[str, ...]:
    """What a fix must import to say `torch.`."""
    return () if facts.unit.imports.get("torch") == "torch" else ("import torch",)
