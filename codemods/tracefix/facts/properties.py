"""Properties of modules that forward does not read, though a script compiles them."""

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

UNUSED = "__jit_unused_properties__"  # torch's own name: what a script leaves out
_WALKS = frozenset(
    {
        "parameters", "named_parameters", "buffers", "named_buffers", "modules", "named_modules",
        "children", "named_children", "state_dict",
    }
)  # fmt: skip
_NO_FORM = (ast.Lambda, ast.Try, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.NamedExpr)


@dataclass(frozen=True, eq=False)
class Property:
    """One that an instance of a class of this file has."""

    getter: FunctionNode
    owner: ClassInfo
    at: ast.AST  # where to tell of it

    def holds(self, line: int) -> bool:
        """Whether a line of the file belongs to it."""
        return self.getter.lineno <= line <= (self.getter.end_lineno or self.getter.lineno)


def unread_properties(facts: Facts) -> Iterator[Property]:
    """Those that no module's forward reaches, and that no list leaves out already."""
    for node in facts.unit.classes.values():
        info = ClassInfo(facts.unit, node)
        if not facts.project.is_module(info):
            continue
        left_out = _left_out(info, facts)
        for getter in getters(info, facts):
            if getter.name not in left_out and not _is_read(getter, info, facts):
                yield Property(getter, info, getter)
        listed = list_of(info)
        if listed is None:
            continue
        # A list takes the place of the one that would be inherited.
        for base in facts.project.bases(info):
            for getter in getters(base, facts) if base.unit is facts.unit else ():
                if getter.name not in left_out and not _is_read(getter, base, facts):
                    yield Property(getter, info, listed)


def getters(info: ClassInfo, facts: Facts) -> list[FunctionNode]:
    """The properties that a class of this file defines."""
    functions = (s for s in info.node.body if isinstance(s, FunctionNode))
    return [f for f in functions if _is_property(f, facts)]


def _is_read(getter: FunctionNode, info: ClassInfo, facts: Facts) -> bool:
    """Whether some module's forward reaches it; a setter has its name too."""
    functions = (s for s in info.node.body if isinstance(s, FunctionNode))
    return any(f in facts.reach.functions for f in functions if f.name == getter.name)


def surely_fails(found: Property, facts: Facts) -> bool:
    """Whether a property does what TorchScript has no form for."""
    return any(_has_no_form(node, facts) for node in walk(found.getter))


def list_of(info: ClassInfo) -> ast.Assign | None:
    """The statement by which a class's own body lists the properties that a script leaves out."""
    for statement in info.node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id == UNUSED:
                return statement
    return None


def _is_property(function: FunctionNode, facts: Facts) -> bool:
    return any(
        facts.unit.resolve(d) in ("property", "builtins.property") for d in function.decorator_list
    )


def _left_out(info: ClassInfo, facts: Facts) -> set[object]:
    """What the list that holds for a class names, with those that it spreads."""
    names: set[object] = set()
    for current in (info, *facts.project.bases(info)):
        listed = list_of(current)
        if listed is not None:
            names |= {n.value for n in walk(listed.value) if isinstance(n, ast.Constant)}
            if not any(isinstance(n, ast.Starred) for n in walk(listed.value)):
                break
    return names


def _has_no_form(node: ast.AST, facts: Facts) -> bool:
    if isinstance(node, _NO_FORM):
        return True
    if isinstance(node, ast.Call) and facts.unit.resolve(node.func) == "next":
        return True
    if not isinstance(node, ast.Call | ast.Name | ast.Attribute):
        return False
    if isinstance(node, ast.Call):
        func = node.func
        return is_self_attribute(func) and isinstance(func, ast.Attribute) and func.attr in _WALKS
    return (facts.unit.resolve(node) or "").startswith("torch.distributions")
