"""Variables that hold one of two functions: `conv = F.conv2d if x.dim() == 4 else F.conv3d`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.bindings import bindings, loads
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class Chosen:
    """A variable that some assignments give functions, and nothing else gives anything."""

    name: str
    assignments: tuple[ast.Assign, ...]
    functions: tuple[ast.expr, ...]  # one for each that it may hold, in text order
    reads: tuple[ast.Name, ...]

    def at(self, value: ast.expr) -> int:
        """Which of the functions an expression stands for."""
        texts = [ast.unparse(f) for f in self.functions]
        return texts.index(ast.unparse(value))


def chosen_functions(facts: Facts) -> Sequence[Chosen]:
    """Those of the functions that forward reaches which hold more than one."""
    return facts.once(_found)


def values_of(assignment: ast.Assign) -> tuple[ast.expr, ...]:
    """What an assignment may give: two for a conditional expression."""
    value = assignment.value
    return (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)


def _found(facts: Facts) -> Sequence[Chosen]:
    return tuple(chosen for f in facts.forward_functions for chosen in _of(f, facts))


def _of(function: FunctionNode, facts: Facts) -> Iterator[Chosen]:
    given: dict[str, list[ast.Assign]] = defaultdict(list)
    for node in walk(function):
        if not isinstance(node, ast.Assign) or len(node.targets) > 1:
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name) and all(_is_function(v, facts) for v in values_of(node)):
            given[target.id].append(node)
    declared = {
        n for d in walk(function) if isinstance(d, ast.Global | ast.Nonlocal) for n in d.names
    }
    for name, assignments in given.items():
        values = {ast.unparse(v): v for a in assignments for v in values_of(a)}
        reads = tuple(loads(function, name))
        alone = len(list(bindings(function, name))) == len(assignments)
        if len(values) > 1 and alone and reads and name not in declared:
            yield Chosen(name, tuple(assignments), tuple(values.values()), reads)


def _is_function(node: ast.expr, facts: Facts) -> bool:
    """A function of torch or of the file, a method or a layer of self."""
    if not isinstance(node, ast.Name | ast.Attribute):
        return False
    if is_self_attribute(node):
        assert isinstance(node, ast.Attribute)
        owner = facts.unit.class_of(node)
        info = ClassInfo(facts.unit, owner) if owner is not None else None
        if info is not None and facts.project.find_method(info, node.attr) is not None:
            return True
        return facts.types.of(node) == "module"
    name = facts.unit.resolve(node) or ""
    of_torch = name.startswith("torch.") and name.rpartition(".")[2][:1].islower()
    return of_torch or name in facts.unit.functions
