"""The plain assignments of each variable: what the rules about types of variables go by."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.tree import walk
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
        bound, read = _by_name(flow.replaced), _by_name(flow.reads)
        for name, targets in bound.items():
            values = {t: v for t in targets if (v := _given(t, facts.unit)) is not None}
            reads = [n for n in read.get(name, ()) if n not in values]
            parameter = any(isinstance(d, ast.arg) for n in reads for d in flow.reads[n])
            if len(values) == len(targets) and not parameter:
                yield Assigned(name, function, values, tuple(reads))


def _by_name(names: Iterable[ast.Name]) -> dict[str, list[ast.Name]]:
    """The places of each name, in text order."""
    found: dict[str, list[ast.Name]] = {}
    for name in sorted(names, key=lambda n: (n.lineno, n.col_offset)):
        found.setdefault(name.id, []).append(name)
    return found


def _given(target: ast.Name, unit: Unit) -> ast.expr | None:
    """The value of `target = value` or `target += value`."""
    holder = unit.parents[target]
    if isinstance(holder, ast.AugAssign):
        return holder.value
    plain = isinstance(holder, ast.Assign) and holder.targets == [target]
    return holder.value if plain and isinstance(holder, ast.Assign) else None


def is_never_read(target: ast.Name, name: Assigned, facts: Facts) -> bool:
    """Whether no path leads from an assignment of a variable to a place that reads it."""
    reads = facts.flow(name.function).reads
    if any(target in given for given in reads.values()):
        return False
    loaded = (n for n in walk(name.function) if isinstance(n, ast.Name) and n.id == name.name)
    # A function inside may read it whenever it is called.
    return all(n in reads for n in loaded if isinstance(n.ctx, ast.Load))
