"""Lambdas that a class keeps in an attribute: `self.norm = nn.LayerNorm(n) if normed else lambda x: x`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

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
    """The lambdas in attributes that forward reads."""
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
                for function in _lambdas(assignment.value):
                    free = free_variables(function, facts)
                    yield KeptLambda(function, assignment, info, target.attr, free)


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
