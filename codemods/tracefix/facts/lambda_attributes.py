"""Lambdas that a class keeps in an attribute: `self.norm = nn.LayerNorm(n) if normed else lambda x: x`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.spelling import has_name
from tracefix.facts.tree import walk
from tracefix.facts.types import Type, default_of, join
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class KeptLambda:
    """A lambda, the assignment that keeps it, and what it reads from around."""

    function: ast.Lambda
    assignment: ast.Assign
    owner: ClassInfo
    attribute: str
    free: frozenset[str]  # variables of the function around it

    @property
    def is_identity(self) -> bool:
        """Whether it gives back its only argument."""
        body, names = self.function.body, parameter_names(self.function)
        return isinstance(body, ast.Name) and names == [body.id] and self.is_plain

    @property
    def is_plain(self) -> bool:
        """Whether its parameters are neither starred nor have defaults that are computed."""
        args = self.function.args
        odd = args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs
        return not odd and all(isinstance(d, ast.Constant) for d in args.defaults)

    @property
    def is_alone(self) -> bool:
        """Whether the attribute is this lambda in every instance."""
        init = self.owner.methods.get("__init__")
        only = self.owner.unit.attribute_binders(self.owner.node, self.attribute)
        at_top = init is not None and self.assignment in init.body
        return at_top and len(only) == 1 and self.assignment.value is self.function


def parameter_names(function: ast.Lambda) -> list[str]:
    """The names of a lambda's plain parameters."""
    return [a.arg for a in function.args.args]


def kept_lambdas(facts: Facts) -> Iterator[KeptLambda]:
    """The lambdas in attributes that forward reads, and those that such attributes are given."""
    read = {n.attr for n in facts.in_forward(ast.Attribute) if is_self_attribute(n)}  # type: ignore[attr-defined]
    for info in facts.project.modules:
        if info.unit is not facts.unit:
            continue
        for assignment in walk(info.node):
            if not isinstance(assignment, ast.Assign) or len(assignment.targets) != 1:
                continue
            target = assignment.targets[0]
            if not isinstance(target, ast.Attribute) or not is_self_attribute(target):
                continue
            if target.attr in read:
                for function in _lambdas_of(assignment, facts):
                    free = free_variables(function, facts)
                    yield KeptLambda(function, assignment, info, target.attr, free)


def _lambdas_of(assignment: ast.Assign, facts: Facts) -> list[ast.Lambda]:
    """The lambdas that an assignment keeps: its own, or those given for a parameter of __init__.

    `def __init__(self, act=lambda x: x)`, `Block(act=lambda x: x)`. For the latter the name of the
    parameter decides: a function in the place of a lambda that is for another does no harm.
    """
    value, function = assignment.value, facts.unit.function_of(assignment)
    if not isinstance(value, ast.Name) or function is None:
        return list(_lambdas(value))
    if all(p.arg != value.id for p in parameters(function)):
        return []
    return facts.once(_by_parameter).get(value.id, [])


def _by_parameter(facts: Facts) -> dict[str, list[ast.Lambda]]:
    """The lambdas of a file that are for a parameter, by its name."""
    found: dict[str, list[ast.Lambda]] = {}
    for node in walk(facts.unit.tree):
        for name, value in _for_parameters(node, facts):
            for function in _lambdas(value) if value is not None else ():
                found.setdefault(name, []).append(function)
    return found


def _for_parameters(node: ast.AST, facts: Facts) -> Iterator[tuple[str, ast.expr | None]]:
    """The defaults of __init__, or what a call gives by name or in a dict that it spreads."""
    if isinstance(node, FunctionNode) and node.name == "__init__":
        yield from ((p.arg, default_of(node, p)) for p in parameters(node))
    if not isinstance(node, ast.Call) or not _makes_object(node, facts):
        return
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
        elif isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def _makes_object(call: ast.Call, facts: Facts) -> bool:
    """Whether a call is of a class of the project, or of the __init__ of one."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
        return True
    return facts.project.find_class(facts.unit, call.func) is not None


def argument_types(kept: KeptLambda, facts: Facts) -> dict[str, str]:
    """What forward gives to a lambda's parameters, where it is surely no tensor: `{"xs": "List[Tensor]"}`."""
    given: dict[str, list[Type]] = {}
    for call in facts.once(_own_calls).get(kept.attribute, ()):
        for name, argument in zip(parameter_names(kept.function), call.args, strict=False):
            given.setdefault(name, []).append(facts.types.of(argument))
    joined = {name: join(types) for name, types in given.items()}
    return {n: t for n, t in joined.items() if isinstance(t, str) and t != "Tensor" and has_name(t)}


def _own_calls(facts: Facts) -> dict[str, list[ast.Call]]:
    """The calls of what self has, by the attribute."""
    found: dict[str, list[ast.Call]] = {}
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and is_self_attribute(call.func):
            found.setdefault(call.func.attr, []).append(call)
    return found


def _lambdas(value: ast.expr) -> Iterator[ast.Lambda]:
    """The lambdas that an expression may be."""
    if isinstance(value, ast.Lambda):
        yield value
    elif isinstance(value, ast.IfExp):
        yield from _lambdas(value.body)
        yield from _lambdas(value.orelse)


def free_variables(function: ast.Lambda, facts: Facts) -> frozenset[str]:
    """The variables of the functions around it that a lambda reads."""
    around: set[str] = set()
    for outer in facts.unit.ancestors(function):
        if isinstance(outer, FunctionNode):
            around |= facts.unit.bound_names(outer)
    own = {a.arg for a in walk(function.args) if isinstance(a, ast.arg)}
    read = {n.id for n in walk(function.body) if isinstance(n, ast.Name)}
    return frozenset(read & around - own)
