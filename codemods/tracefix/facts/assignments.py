"""The plain assignments of each variable: what the rules about types of variables go by."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.flow import Flow
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class Assigned:
    """A variable that is only ever given values by `name = value` and `name += value`."""

    name: str
    function: FunctionNode
    values: Mapping[ast.Name, ast.expr]  # by the target that takes it; `name += value` too
    reads: tuple[ast.Name, ...]  # in text order, without those of `name += value`

    def given_by(self, definitions: Collection[ast.AST]) -> list[ast.expr]:
        """The values of those assignments that are among some definitions."""
        return [value for target, value in self.values.items() if target in definitions]

    def is_nested(self, target: ast.Name, unit: Unit) -> bool:
        """Whether an assignment lies in a branch or a loop."""
        return any(isinstance(a, ast.If | ast.For | ast.While) for a in unit.ancestors(target))


def assigned_names(facts: Facts) -> Iterator[Assigned]:
    """The variables of forward's functions that have plain assignments only."""
    for function in facts.forward_functions:
        flow = facts.flow(function)
        for name in sorted({target.id for target in flow.replaced}):
            found = _assigned(name, function, flow, facts.unit)
            if found is not None:
                yield found


def _assigned(name: str, function: FunctionNode, flow: Flow, unit: Unit) -> Assigned | None:
    values: dict[ast.Name, ast.expr] = {}
    for target in sorted(flow.replaced, key=lambda n: (n.lineno, n.col_offset)):
        if target.id != name:
            continue
        holder = unit.parents[target]
        plain = isinstance(holder, ast.Assign) and holder.targets == [target]
        if not isinstance(holder, ast.AugAssign) and not plain:
            return None
        assert isinstance(holder, ast.Assign | ast.AugAssign)
        values[target] = holder.value
    reads = [n for n in flow.reads if n.id == name and n not in values]
    definitions = {d for n in reads for d in flow.reads[n]}
    if any(isinstance(d, ast.arg) for d in definitions):
        return None
    ordered = sorted(reads, key=lambda n: (n.lineno, n.col_offset))
    return Assigned(name, function, values, tuple(ordered))
