"""An attribute that holds nothing until forward has run: annotated, and worked on as a local.

TorchScript fixes an attribute's type when the module is compiled: the class says `Optional[...]`.
"""

from __future__ import annotations

import ast
import re

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.observed import spelled
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.state import State, StateAttribute
from tracefix.facts.tree import walk
from tracefix.facts.types import Unknown, join
from tracefix.facts.uses import hook
from tracefix.model import Refusal
from tracefix.rewrite.change import Edit, after, before
from tracefix.rules.attribute_as_local import (
    called_by,
    functions_of,
    localised,
    reads_in,
    touched_in,
)

_PLAIN = ("Tensor", "int", "float", "bool", "str")
_NAMES = re.compile(r"[A-Za-z_]\w*")
_GENERIC = ("List", "Tuple", "Dict", "Optional")


def held_type(attribute: StateAttribute, state: State, facts: Facts) -> str | Refusal:
    """What the attribute holds once forward has run, in TorchScript's spelling."""
    name = attribute.name
    seen = facts.observed.attributes.get((str(attribute.home.subject), name), frozenset())
    found = spelled(seen) or join(state.type_of(w) for w in attribute.moves)
    if isinstance(found, Unknown):
        return Refusal(f"the type of self.{name} is not known: {found.why}")
    inner = re.sub(r"^Optional\[(.*)\]$", r"\1", found).replace("torch.Size", "List[int]")
    if inner == "None" or any(n not in (*_PLAIN, *_GENERIC) for n in _NAMES.findall(inner)):
        return Refusal(f"TorchScript has no attribute of type {found}, which self.{name} holds")
    return inner


def is_settled(attribute: StateAttribute, facts: Facts) -> bool:
    """Whether the class says what the attribute holds, and forward reads it as a local name."""
    said = any(_annotates(s, attribute.name) for s in attribute.home.node.body)
    return said and not any(localised(attribute, facts))


def annotated(
    attribute: StateAttribute, inner: str, facts: Facts
) -> tuple[list[Edit], tuple[str, ...]]:
    """The edits and imports that say `name: Optional[...]` in the class's body."""
    home = attribute.home.node
    if any(_annotates(s, attribute.name) for s in home.body):
        return [], ()
    spelled = written(f"Optional[{inner}]", facts.unit)
    anchor = next(n for n, s in enumerate(home.body) if isinstance(s, FunctionNode))
    above = home.body[anchor - 1]
    line = f"{attribute.name}: {spelled}"
    annotates = anchor > 0 and isinstance(above, ast.AnnAssign)
    edit = after(above, line) if annotates else before(home.body[anchor], line)
    return [edit], imports_for([spelled], facts.unit)


def forbidden(attribute: StateAttribute, facts: Facts) -> Refusal | None:
    """Why the attribute cannot be worked on as a local."""
    name = attribute.name
    if attribute.deletions:
        return Refusal(f"self.{name} is deleted", facts.unit.span(attribute.deletions[0]))
    for info in attribute.family:
        if info.unit is not facts.unit and f"self.{name}" in info.unit.source.text:
            return Refusal(f"{info.subject} uses self.{name} in another file")
    for write in attribute.moves:
        if not isinstance(write.statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return Refusal(f"self.{name} is bound by a loop or a with-statement")
    callback = _callback(attribute, facts)
    if callback is not None:
        return Refusal(f"{callback} assigns self.{name} and is handed on as a value")
    hooked = hook(attribute)
    if hooked is not None:
        return Refusal(f"{hooked}, which stands between forward and self.{name}")
    writers = {w.function for w in attribute.moves}
    for function in functions_of(attribute, facts):
        called = called_by(function, attribute)
        other = next((w for w in writers if w is not function and w.name in called), None)
        if other is not None and reads_in(function, attribute):
            reason = f"{function.name} reads self.{name} and calls {other.name}, which assigns it"
            return Refusal(reason)
        if any(facts.unit.function_of(n) is not function for n in touched_in(function, attribute)):
            return Refusal(f"a function inside of {function.name} uses self.{name}")
    return None


def _callback(attribute: StateAttribute, facts: Facts) -> str | None:
    """A method that assigns the attribute and may run at any time, as a hook does."""
    writers = {w.function.name for w in (*attribute.moves, *attribute.others)}
    for info in attribute.family:
        for node in walk(info.node):
            if is_self_attribute(node) and isinstance(node, ast.Attribute) and node.attr in writers:
                parent = facts.unit.parents.get(node)
                if not (isinstance(parent, ast.Call) and parent.func is node):
                    return node.attr
    return None


def _annotates(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.target.id == name
    )
