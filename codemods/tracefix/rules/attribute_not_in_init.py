"""Set an attribute in forward that __init__ does not define.

What it does
    Finds `self.loss = ...` in what forward reaches where no __init__ defines the attribute,
    defines it as None, says in the class's body what it may hold, and lets forward work on a local
    name.

Why TorchScript rejects it
    A compiled module has the attributes that the instance had when it was compiled, and no others:
    "Tried to set nonexistent attribute".

Example
    import torch
    from torch import nn


    class Loss(nn.Module):
        def __init__(self):
            super().__init__()

        def forward(self, x, y):
            self.loss = (x - y).abs().mean()
            return self.loss

Use instead
    from typing import Optional

    import torch
    from torch import nn


    class Loss(nn.Module):
        loss: Optional[torch.Tensor]

        def __init__(self):
            super().__init__()
            self.loss = None

        def forward(self, x, y):
            loss = (x - y).abs().mean()
            self.loss = loss
            return loss

When it is refused
    Where the class has an __init__ that does not call super().__init__(), where code asks for the
    attribute by its name (`hasattr(self, "loss")` would change its answer), where its type is not
    known or is none that TorchScript has, and as for `attribute-none-then-tensor`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.state import StateAttribute
from tracefix.facts.tree import walk
from tracefix.facts.uses import reflection
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, after, before
from tracefix.rules import Rule
from tracefix.rules.attribute_as_local import localised
from tracefix.rules.optional_attribute import annotated, forbidden, held_type
from tracefix.rules.state_as_buffer import state_of, super_init

RULE = Rule(
    slug="attribute-not-in-init",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Tried to set nonexistent attribute",),
)

_REGISTERS = frozenset({"register_buffer", "register_parameter", "register_module", "add_module"})


def find(facts: Facts) -> Iterator[Hit]:
    """Attributes that forward sets and nothing defines."""
    for attribute in state_of(facts).moved:
        if attribute.definitions or any(_defines(c, attribute.name) for c in attribute.family):
            continue
        if _has_unknown_base(attribute):
            continue  # which may define it
        message = f"self.{attribute.name} is set here, and no __init__ defines it"
        yield Hit(attribute.moves[0].target, message, attribute)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The attribute defined as None, Optional, and its readers on a local name."""
    attribute = hit.detail
    assert isinstance(attribute, StateAttribute)
    inner = held_type(attribute, state_of(facts), facts)
    refusal = forbidden(attribute, facts)
    if refusal is not None:
        return refusal
    if isinstance(inner, Refusal):
        return inner
    asked = reflection(attribute, facts.project)
    if asked is not None:
        return Refusal(f"defining self.{attribute.name} may change an answer: {asked}")
    defined = _defined(attribute)
    if isinstance(defined, Refusal):
        return defined
    edits, imports = annotated(attribute, inner, facts)
    title = f"define self.{attribute.name} in __init__"
    local = localised(attribute, facts, required=True)
    return Change(title, (defined, *edits, *local), imports)


def _defined(attribute: StateAttribute) -> Edit | Refusal:
    """The attribute as None in the class's __init__, which it is given where none is inherited."""
    home, statement = attribute.home, f"self.{attribute.name} = None"
    init = home.methods.get("__init__")
    constructed = super_init(init) if init is not None else None
    if constructed is not None:
        return after(constructed, statement)
    if init is not None or any("__init__" in info.methods for info in attribute.family):
        return Refusal(f"{home.node.name} has no __init__ that calls super().__init__()")
    first = min(home.methods.values(), key=lambda method: method.lineno)
    return before(first, f"def __init__(self):\n    super().__init__()\n    {statement}")


def _defines(info: ClassInfo, name: str) -> bool:
    """Whether a class's body or a register call gives its instances the attribute."""
    for statement in info.node.body:
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            continue
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            if any(isinstance(n, ast.Name) and n.id == name for n in walk(statement)):
                return True
    return name in info.methods or any(_registers(n, name) for n in walk(info.node))


def _registers(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    first = node.args[0]
    if node.func.attr not in _REGISTERS:
        return False
    # A name that is computed may be any.
    return not isinstance(first, ast.Constant) or first.value == name


def _has_unknown_base(attribute: StateAttribute) -> bool:
    for info in attribute.family:
        for base in info.node.bases:
            name = info.unit.resolve(base) or ""
            known = any(name.rpartition(".")[2] == k.node.name for k in attribute.family)
            if not known and name not in ("torch.nn.Module", "object"):
                return True
    return False
