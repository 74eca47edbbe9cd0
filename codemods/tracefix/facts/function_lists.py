"""Lists of functions that a class keeps in an attribute: `self.steps = [lambda x: x, torch.relu]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.lambda_attributes import free_variables
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class FunctionList:
    """An attribute that __init__ alone gives a value: a display of lambdas."""

    owner: ClassInfo
    attribute: str
    assignment: ast.Assign
    functions: tuple[ast.Lambda, ...]
    free: frozenset[str]  # variables of __init__ that they read
    calls: tuple[ast.Call, ...]  # `self.steps[n](x)`
    other_uses: tuple[ast.Attribute, ...]

    def index(self, call: ast.Call) -> ast.expr:
        """The `n` of `self.steps[n](x)`."""
        assert isinstance(call.func, ast.Subscript)
        return call.func.slice


def function_lists(facts: Facts) -> Iterator[FunctionList]:
    """Those from which forward calls something."""
    for info in facts.project.modules:
        init = info.methods.get("__init__")
        if info.unit is not facts.unit or init is None:
            continue
        for statement in init.body:
            found = _kept_by(statement, info, facts)
            if found is not None and any(c in _in_forward(facts) for c in found.calls):
                yield found


def _in_forward(facts: Facts) -> set[ast.AST]:
    return set(facts.in_forward(ast.Call))


def _kept_by(statement: ast.stmt, info: ClassInfo, facts: Facts) -> FunctionList | None:
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target, display = statement.targets[0], statement.value
    if not isinstance(target, ast.Attribute) or not is_self_attribute(target):
        return None
    if not isinstance(display, ast.List | ast.Tuple):
        return None
    functions = tuple(e for e in display.elts if isinstance(e, ast.Lambda))
    if not functions or len(functions) != len(display.elts):
        return None
    free = frozenset(name for f in functions for name in free_variables(f, facts))
    calls, others = _uses(target, info, facts)
    return FunctionList(info, target.attr, statement, functions, free, calls, others)


def _uses(
    kept: ast.Attribute, info: ClassInfo, facts: Facts
) -> tuple[tuple[ast.Call, ...], tuple[ast.Attribute, ...]]:
    """The calls of an element in the class's methods, and all else in the project."""
    calls: list[ast.Call] = []
    others: list[ast.Attribute] = []
    for unit in facts.project.units.values():
        for node in walk(unit.tree) if kept.attr in unit.source.text else ():
            if not isinstance(node, ast.Attribute) or node.attr != kept.attr or node is kept:
                continue
            picked = unit.parents.get(node)
            call = unit.parents.get(picked) if isinstance(picked, ast.Subscript) else None
            own = is_self_attribute(node) and unit.class_of(node) is info.node
            if own and isinstance(call, ast.Call) and call.func is picked:
                calls.append(call)
            else:
                others.append(node)
    return tuple(calls), tuple(others)
