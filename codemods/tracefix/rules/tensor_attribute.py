"""Keep a tensor as a plain attribute.

What it does
    Finds `self.mask = torch.ones(3)` in the __init__ of a module whose forward reads it, and
    registers it as a buffer with `persistent=False`: checkpoints stay as they are.

Why TorchScript rejects it
    It does not, but `.to()` moves parameters and buffers only: the tensor stays on the device that
    it was made on, as a constant in a trace and as an attribute in a script.

Example
    import torch
    from torch import nn


    class Luma(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = torch.tensor([0.299, 0.587, 0.114])

        def forward(self, x):
            return x @ self.weights

Use instead
    import torch
    from torch import nn


    class Luma(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("weights", torch.tensor([0.299, 0.587, 0.114]), persistent=False)

        def forward(self, x):
            return x @ self.weights

When it is refused
    Where the attribute is not defined once and unconditionally in __init__, is assigned again or
    deleted, needs a gradient, shares its name with a method, or is reached by its name as text.
    A float buffer follows `model.half()` as every buffer does; a plain tensor does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.meeting import is_made_from_nothing
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.state import StateAttribute, Write
from tracefix.facts.tree import walk
from tracefix.facts.uses import outside
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.state_as_buffer import definition_of, forbidden, state_of

RULE = Rule(
    slug="tensor-attribute",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    after=("attribute-none-then-tensor", "counter-attribute"),  # what forward moves is theirs
)


def find(facts: Facts) -> Iterator[Hit]:
    """Attributes that __init__ makes as tensors, and that forward only reads."""
    state = state_of(facts)
    for info in facts.project.classes.values():
        init = info.methods.get("__init__")
        if info.unit is not facts.unit or init is None or not facts.project.is_module(info):
            continue
        seen: set[str] = set()
        for name, statement in _made_in(init, facts):
            attribute = state.attribute(info, name)
            if name not in seen and not attribute.moves and _is_read(attribute, facts):
                seen.add(name)
                yield Hit(statement, f"self.{name} is a tensor that .to() does not move", attribute)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The attribute as a buffer that no checkpoint holds."""
    attribute = hit.detail
    assert isinstance(attribute, StateAttribute)
    definition = definition_of(attribute, facts)
    for refusal in (definition, forbidden(attribute, facts), _clash(attribute, facts)):
        if isinstance(refusal, Refusal):
            return refusal
    assert isinstance(definition, Write)
    assert definition.value is not None
    if _needs_gradient(definition.value, facts):
        return Refusal(f"self.{attribute.name} needs a gradient")
    registered = replace(
        definition.statement,
        f'self.register_buffer("{attribute.name}", {{value}}, persistent=False)',
        value=definition.value,
    )
    return Change(f"register {attribute.name} as a buffer", (registered,))


def _made_in(init: FunctionNode, facts: Facts) -> Iterator[tuple[str, ast.stmt]]:
    """What an __init__ makes from nothing and keeps, by name."""
    for node in walk(init):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Attribute) and is_self_attribute(target):
                if _is_made(node.value, facts):
                    yield target.attr, node


def _is_made(value: ast.expr, facts: Facts) -> bool:
    name = facts.unit.resolve(value.func) if isinstance(value, ast.Call) else None
    if name is not None and name.endswith("Parameter"):
        return False
    return facts.types.is_tensor(value) and is_made_from_nothing(value, facts)


def _is_read(attribute: StateAttribute, facts: Facts) -> bool:
    functions = facts.reach.functions
    return any(
        info.unit.function_of(read) in functions
        for info in attribute.family
        for read in attribute.reads
        if read in info.unit.parents
    )


def _clash(attribute: StateAttribute, facts: Facts) -> Refusal | None:
    """What else the name means, or is made to mean."""
    name = attribute.name
    if name.startswith("__"):
        return Refusal(f"self.{name} is renamed by Python inside of its class")
    if attribute.others:
        return Refusal(f"self.{name} is assigned again in {attribute.others[0].function.name}")
    for use in outside(attribute, facts.project):
        if isinstance(use.node.ctx, ast.Store):
            return Refusal(f"{use.unit.place(use.node)} assigns .{name}")
    for info in attribute.family:
        if any(_names(statement, name) for statement in info.node.body):
            return Refusal(f"{info.node.name} itself has a {name}")
    return None


def _names(statement: ast.stmt, name: str) -> bool:
    """Whether a statement of a class's body gives the class something of this name."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement.name == name
    return isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in statement.targets
    )


def _needs_gradient(value: ast.expr, facts: Facts) -> bool:
    for node in walk(value):
        if isinstance(node, ast.keyword) and node.arg == "requires_grad":
            if not isinstance(node.value, ast.Constant) or node.value.value is not False:
                return True
        if isinstance(node, ast.Attribute) and node.attr == "requires_grad_":
            return True
        if is_self_attribute(node) and isinstance(node, ast.expr) and facts.types.is_tensor(node):
            return True
    return False
