"""What an expression that names a device stands for."""

from __future__ import annotations

import ast
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.bindings import loads, only_assignment
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.types import Unknown, default_of
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts import Facts

# What only a tensor has, of all that has a `.device`.
_TENSOR_ATTRIBUTES = frozenset(
    {"shape", "size", "dim", "view", "reshape", "unsqueeze", "permute", "contiguous", "is_cuda"}
)


class Kind(enum.Enum):
    """A device that no tensor at hand gives."""

    ACCELERATOR = "a GPU by name"
    HOST = "the CPU by name"
    CHOSEN = "the one that the module was made for"


@dataclass(frozen=True, eq=False)
class SameAs:
    """The device of a tensor."""

    tensor: ast.expr


Device = SameAs | Kind


def device_of(node: ast.expr, facts: Facts) -> Device | None:
    """The device that an expression means, or None where that is not known."""
    if isinstance(node, ast.Constant):
        return _named(node.value)
    if isinstance(node, ast.JoinedStr):
        return device_of(node.values[0], facts) if node.values else None
    if isinstance(node, ast.IfExp):
        return _either(node, facts)
    if isinstance(node, ast.Call):
        named = facts.unit.resolve(node.func) == "torch.device" and node.args
        return device_of(node.args[0], facts) if named else None
    if isinstance(node, ast.Attribute):
        return _attribute(node, facts)
    return _variable(node, facts) if isinstance(node, ast.Name) else None


def is_kept_as_code(node: ast.AST, facts: Facts) -> bool:
    """Whether a node lies in a scripted function, whose code a trace takes over as it is."""
    function = facts.unit.function_of(node)
    return function is not None and is_kept_function(function, facts)


def is_kept_function(function: FunctionNode, facts: Facts) -> bool:
    """Whether a function is decorated so that a trace takes its code over."""
    scripted = ("torch.jit.script", "torch.jit.script_if_tracing")
    return any(facts.unit.resolve(d) in scripted for d in function.decorator_list)


def is_tensor_like(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression is a Tensor, or a parameter of unknown type that is used as one."""
    type_ = facts.types.of(node)
    if not isinstance(type_, Unknown) or not isinstance(node, ast.Name):
        return type_ == "Tensor"
    function = facts.unit.function_of(node)
    if function is None or any(not isinstance(given, ast.arg) for given in _given(node, facts)):
        return False
    for parameter in parameters(function):
        if parameter.arg == node.id and default_of(function, parameter) is None:
            return function.name == "forward" or _is_used_as_tensor(node.id, function, facts)
    return False


def _given(name: ast.Name, facts: Facts) -> frozenset[ast.AST]:
    """What may have given a variable its value where it is read."""
    return facts.flow_at(name).reads.get(name, frozenset())


def _is_used_as_tensor(name: str, function: FunctionNode, facts: Facts) -> bool:
    parents = (facts.unit.parents[use] for use in loads(function, name))
    return any(isinstance(p, ast.Attribute) and p.attr in _TENSOR_ATTRIBUTES for p in parents)


def asks_for_cuda(test: ast.expr, facts: Facts) -> SameAs | Kind | None:
    """Of `x.is_cuda` the tensor; of `torch.cuda.is_available()` the accelerator; else None."""
    if isinstance(test, ast.Call):
        available = facts.unit.resolve(test.func) == "torch.cuda.is_available"
        return Kind.ACCELERATOR if available and not test.args else None
    if isinstance(test, ast.Attribute) and test.attr == "is_cuda":
        return SameAs(test.value) if is_tensor_like(test.value, facts) else None
    return None


def _named(value: object) -> Device | None:
    if isinstance(value, str):
        kind = value.partition(":")[0]
        return Kind.HOST if kind == "cpu" else Kind.ACCELERATOR if kind == "cuda" else None
    return Kind.ACCELERATOR if type(value) is int else None


def _either(node: ast.IfExp, facts: Facts) -> Device | None:
    """`"cuda" if ... else "cpu"`."""
    arms = (device_of(node.body, facts), device_of(node.orelse, facts))
    return asks_for_cuda(node.test, facts) if arms == (Kind.ACCELERATOR, Kind.HOST) else None


def _attribute(node: ast.Attribute, facts: Facts) -> Device | None:
    if node.attr != "device":
        return None
    if is_self_attribute(node):
        return Kind.CHOSEN
    if isinstance(node.value, ast.Call) and facts.unit.resolve(node.value.func) == "next":
        return Kind.CHOSEN  # next(self.parameters()).device
    return SameAs(node.value) if is_tensor_like(node.value, facts) else None


def _variable(node: ast.Name, facts: Facts) -> Device | None:
    function = facts.unit.function_of(node)
    if function is not None and node.id in facts.unit.bound_names(function):
        assignment = only_assignment(function, node.id)
        return device_of(assignment.value, facts) if assignment is not None else None
    given = [
        statement.value
        for statement in facts.unit.tree.body
        if isinstance(statement, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == node.id for t in statement.targets)
    ]
    return device_of(given[0], facts) if len(given) == 1 else None
