"""The tensor whose device one made from nothing has to share: the one that it meets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts.bindings import bindings, bound_before, loads, only_assignment
from tracefix.facts.devices import is_tensor_like
from tracefix.facts.factories import base_of, factory_of
from tracefix.facts.moves import Move
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tensor_types import tensor_type
from tracefix.facts.tree import children, walk
from tracefix.facts.unit import FunctionNode, parameters
from tracefix.model import Refusal

if TYPE_CHECKING:
    from tracefix.facts import Facts

# Layers that have a weight whatever they are made with.
_FAR = 8  # assignments from one name to the next that are followed
_WEIGHTED = ("Linear", "Conv1d", "Conv2d", "Conv3d", "Embedding", "ConvTranspose2d", "Bilinear")


def met_by(node: ast.expr, facts: Facts) -> ast.expr | None:
    """The name or attribute that `node` is combined with, else another that is at hand."""
    function = facts.unit.function_of(node)
    if function is None:
        return None
    sizes = {n.id for n in walk(node) if isinstance(n, ast.Name) and not _has_parts(n, facts)}
    for partner in _partners(node, function, facts):
        if isinstance(partner, ast.Name) and partner.id in sizes:
            continue
        if _is_at_hand(partner, node, function, facts):
            return partner
    for parameter in parameters(function):
        if parameter.arg not in sizes and _is_tensor_parameter(function, parameter.arg, facts):
            return ast.copy_location(ast.Name(parameter.arg, ast.Load()), parameter)
    return own_tensor(node, facts)


def meets_or_belongs(move: Move, facts: Facts) -> ast.expr | Refusal | None:
    """The tensor whose device one that is moved to the GPU has to share.

    None where it comes from outside into a module that has no tensors of its own: it stays.
    """
    if not _comes_from_outside(move.value, facts):
        found = met_by(move.call, facts)
        return found or Refusal("there is no tensor at hand that it could follow")
    return own_tensor(move.call, facts)


def origins(value: ast.expr, facts: Facts, depth: int = 0) -> Iterator[ast.expr]:
    """What a tensor is computed from, followed through the variables of its function."""
    base = base_of(value, facts)
    function = facts.unit.function_of(value)
    if not isinstance(base, ast.Name) or function is None or depth == _FAR:
        yield base
        return
    for binding in bindings(function, base.id):
        if not isinstance(binding, ast.Assign):
            yield base
        elif not _is_name(base_of(binding.value, facts), base.id):  # h = h.cuda()
            yield from origins(binding.value, facts, depth + 1)


def _comes_from_outside(value: ast.expr, facts: Facts) -> bool:
    """Whether a tensor is an input or was computed from some, not made in forward or held."""
    found = origins(value, facts)
    return not any(is_self_attribute(o) or is_made_from_nothing(o, facts) for o in found)


def own_tensor(node: ast.AST, facts: Facts) -> ast.expr | None:
    """A parameter or buffer that the class around `node` always has, as `self.weight`."""
    owner, function = facts.unit.class_of(node), facts.unit.function_of(node)
    init = facts.unit.methods(owner).get("__init__") if owner is not None else None
    if init is None or function is None or "self" not in {p.arg for p in parameters(function)}:
        return None
    for statement in init.body:
        for attribute in _registered(statement, facts):
            return ast.parse(f"self.{attribute}", mode="eval").body
    return None


def _registered(statement: ast.stmt, facts: Facts) -> Iterator[str]:
    """The parameter or buffer that a statement of __init__ surely leaves, from self."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        registers = isinstance(call.func, ast.Attribute) and call.func.attr == "register_buffer"
        if registers and len(call.args) > 1 and facts.types.is_tensor(call.args[1]):
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return
    for target in statement.targets:
        if isinstance(target, ast.Attribute) and is_self_attribute(target):
            made = facts.unit.resolve(statement.value.func) or ""
            if made in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
                yield target.attr
            elif made in {f"torch.nn.{layer}" for layer in _WEIGHTED}:
                yield f"{target.attr}.weight"


def _partners(node: ast.expr, function: FunctionNode, facts: Facts) -> Iterator[ast.expr]:
    """The tensors that take part in the operations around `node`, nearest first."""
    inner: ast.AST = node
    for around in facts.unit.ancestors(node):
        if isinstance(around, ast.stmt):
            yield from _stored_with(around, inner, function, facts)
            return
        listed = isinstance(around, ast.Tuple) and isinstance(facts.unit.parents[around], ast.stmt)
        for child in children(around) if not listed else ():  # `return a, b`
            if child is not inner and isinstance(child, ast.expr):
                yield from _tensors_of(child, facts)
        inner = around


def _stored_with(
    statement: ast.stmt, value: ast.AST, function: FunctionNode, facts: Facts
) -> Iterator[ast.expr]:
    """What meets a value where the statement puts it: in place, or wherever its name is read."""
    if isinstance(statement, ast.AugAssign) and value is statement.value:
        yield from _tensors_of(statement.target, facts)
    if not isinstance(statement, ast.Assign):
        return
    for target in statement.targets:
        if isinstance(target, ast.Subscript):
            yield from _tensors_of(target.value, facts)
        elif isinstance(target, ast.Name):
            yield from _partners_of_name(target.id, function, facts)


def _partners_of_name(name: str, function: FunctionNode, facts: Facts) -> Iterator[ast.expr]:
    for use in loads(function, name):
        inner: ast.AST = use
        for around in facts.unit.ancestors(use):
            if isinstance(around, ast.Assign) and inner in around.targets:
                yield from _tensors_of(around.value, facts)  # name[...] = value
            if isinstance(around, ast.AugAssign):
                yield from _tensors_of(around.value, facts)
            if isinstance(around, ast.stmt):
                break
            for child in children(around):
                if child is not inner and isinstance(child, ast.expr):
                    yield from (t for t in _tensors_of(child, facts) if not _is_name(t, name))
            inner = around


def _tensors_of(node: ast.expr, facts: Facts) -> Iterator[ast.expr]:
    """The tensors that an expression reads, in text order."""
    for inner in walk(node):
        if isinstance(inner, ast.Name) or is_self_attribute(inner):
            assert isinstance(inner, ast.expr)
            if is_tensor_like(inner, facts):
                yield inner


def _is_at_hand(tensor: ast.expr, place: ast.expr, function: FunctionNode, facts: Facts) -> bool:
    """Whether a tensor exists when `place` runs, on a device that it did not choose itself."""
    if isinstance(tensor, ast.Attribute):
        owner = facts.unit.class_of(tensor)
        init = facts.unit.methods(owner).get("__init__") if owner is not None else None
        found = (a for s in init.body for a in _registered(s, facts)) if init is not None else ()
        return tensor.attr in found
    assert isinstance(tensor, ast.Name)
    if _is_tensor_parameter(function, tensor.id, facts):
        return True
    assignment = only_assignment(function, tensor.id)
    if assignment is None or not bound_before(facts.unit, function, tensor.id, place):
        return False
    return not (is_made_from_nothing(assignment.value, facts) or _follows(assignment.value, facts))


def _is_tensor_parameter(function: FunctionNode, name: str, facts: Facts) -> bool:
    """Whether a parameter is a tensor all along: nothing made from nothing is put in its place, and
    it is not packed."""
    if name not in {p.arg for p in parameters(function)}:
        return False
    uses = loads(function, name)
    values = (b.value for b in bindings(function, name) if isinstance(b, ast.Assign))
    return (
        bool(uses)
        and is_tensor_like(uses[0], facts)
        and not any(is_made_from_nothing(v, facts) or _is_packed(v, facts) for v in values)
    )


def _is_packed(value: ast.expr, facts: Facts) -> bool:
    """Whether a value is a PackedSequence, which has few of a tensor's methods."""
    name = facts.unit.resolve(value.func) if isinstance(value, ast.Call) else None
    return name is not None and name.startswith("torch.nn.utils.rnn.pack_")


def _has_parts(name: ast.Name, facts: Facts) -> bool:
    """Whether a name is read for something of it, such as its shape, and not as a number."""
    return isinstance(facts.unit.parents[name], ast.Attribute | ast.Subscript)


def _follows(value: ast.expr, facts: Facts) -> bool:
    """Whether a part of a value was made to follow a tensor: that one is the better to follow."""
    for node in walk(value):
        if isinstance(node, ast.Attribute) and node.attr.startswith("new_"):
            return True
        if factory_of(node, facts) is not None:
            return True
    return False


def is_made_from_nothing(value: ast.expr, facts: Facts) -> bool:
    """Whether a tensor is computed from one that torch made, or took from Python or numpy."""
    base = base_of(value, facts)
    if factory_of(base, facts) is not None:
        return True
    name = facts.unit.resolve(base.func) if isinstance(base, ast.Call) else None
    if name in ("torch.from_numpy", "torch.as_tensor"):
        return True
    return isinstance(base, ast.Call) and tensor_type(base.func, facts) is not None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
