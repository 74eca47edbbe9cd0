"""What is known of a file without running it, and what a run has shown: answers, never edits."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from tracefix.facts.call_sites import CallSites
from tracefix.facts.dependence import Cause, Dependence
from tracefix.facts.flow import Flow, flow_of
from tracefix.facts.project import ClassInfo, Project
from tracefix.facts.reach import Reach
from tracefix.facts.tree import walk
from tracefix.facts.types import Types, Unknown
from tracefix.facts.unit import FunctionNode, Unit
from tracefix.model import Observed, Source

__all__ = [
    "Cause", "ClassInfo", "Dependence", "Facts", "Flow", "FunctionNode", "Project", "Reach", "Types",
    "Unit", "Unknown", "analyse", "facts_of",
]  # fmt: skip

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Facts:
    """Everything a rule may ask about one file."""

    unit: Unit
    project: Project
    reach: Reach
    observed: Observed = Observed()

    @cached_property
    def types(self) -> Types:
        return Types(self.unit, self.project, self.observed)

    @cached_property
    def dependence(self) -> Dependence:
        return Dependence(self.unit, self.types, self.call_sites)

    @cached_property
    def call_sites(self) -> CallSites:
        return CallSites(self.unit)

    def flow(self, function: FunctionNode) -> Flow:
        """Which assignments may have given a function's variables their values."""
        found = self._flows.get(function)
        if found is None:
            found = self._flows[function] = flow_of(function, self.unit)
        return found

    def flow_at(self, node: ast.AST) -> Flow:
        """The flow of the function whose body holds `node`. Raises LookupError outside of one."""
        function = self.unit.function_of(node)
        if function is None:
            raise LookupError("the node is no part of a function")
        return self.flow(function)

    @cached_property
    def _flows(self) -> dict[FunctionNode, Flow]:
        return {}

    @cached_property
    def forward_functions(self) -> tuple[FunctionNode, ...]:
        """The functions of this file that some module's forward reaches, in text order."""
        reached = self.reach.functions
        inside = [f for f in reached if self.reach.unit_of(f) is self.unit]
        return tuple(sorted(inside, key=lambda f: (f.lineno, f.col_offset)))

    def in_forward(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """The nodes of some kinds in functions that forward reaches, each once, in text order."""
        if kinds not in self._forward_nodes_of:  # many rules ask for the same
            found = (node for node in self._forward_nodes if isinstance(node, kinds))
            self._forward_nodes_of[kinds] = tuple(found)
        return iter(self._forward_nodes_of[kinds])

    @cached_property
    def _forward_nodes_of(self) -> dict[tuple[type[ast.AST], ...], tuple[ast.AST, ...]]:
        return {}

    @cached_property
    def _forward_nodes(self) -> tuple[ast.AST, ...]:
        inside = (node for function in self.forward_functions for node in walk(function))
        return tuple(dict.fromkeys(inside))

    def is_assumed_tensor(self, node: ast.expr) -> bool:
        """Whether only TorchScript's rule for parameters without annotation says Tensor."""
        function = self.unit.function_of(node)
        if function is None or not isinstance(node, ast.Name):
            return False
        where = (self.unit.path, self.unit.qualname(function), node.id)
        seen = self.observed.parameters.get(where, frozenset())
        if (seen | self.observed.locals.get(where, frozenset())) - {"NoneType"}:
            return False
        given = self.flow(function).reads.get(node, frozenset())
        return any(isinstance(d, ast.arg) and d.annotation is None for d in given)

    def once(self, work: Callable[[Facts], _T]) -> _T:
        """What a function makes of these facts, worked out when it is first asked for."""
        if work not in self._worked_out:
            self._worked_out[work] = work(self)
        found: _T = self._worked_out[work]
        return found

    @cached_property
    def _worked_out(self) -> dict[Callable[[Facts], Any], Any]:
        return {}

    def fresh(self, name: str) -> str:
        """`name`, or `name_2`, `name_3` ...: the first that the file does not use yet."""
        if name not in self.unit.names:
            return name
        number = 2
        while f"{name}_{number}" in self.unit.names:
            number += 1
        return f"{name}_{number}"


def analyse(
    sources: Iterable[Source], observed: Observed = Observed()
) -> tuple[Mapping[str, Facts], Mapping[str, str]]:
    """The facts of every file by path, and why each that cannot be parsed was passed over."""
    units: list[Unit] = []
    troubles: dict[str, str] = {}
    for source in sources:
        try:
            units.append(Unit.parse(source))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            troubles[source.path] = f"{source.path}:{line}: {getattr(error, 'msg', error)}"
        except RecursionError:
            troubles[source.path] = f"{source.path}: nested too deep to be parsed"
    return facts_of(units, observed), troubles


def facts_of(units: Iterable[Unit], observed: Observed = Observed()) -> Mapping[str, Facts]:
    """The facts of files that make up one project, by path."""
    project = Project({unit.path: unit for unit in units})
    reach = Reach(project, observed.methods)
    return {path: Facts(unit, project, reach, observed) for path, unit in project.units.items()}
