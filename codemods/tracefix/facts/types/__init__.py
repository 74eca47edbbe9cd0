"""The static type of every expression, in TorchScript's terms, or Unknown with why.

One type per name and function: the join of all that the function assigns to it. That is
TorchScript's own rule, and what it cannot join is what it would reject. A parameter without
annotation and default is a Tensor in forward, as TorchScript assumes; observed types, where
an example ran, take precedence.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from tracefix.facts.project import ClassInfo, Project
from tracefix.facts.types.annotations import spelling_of
from tracefix.facts.types.attributes import of_attribute
from tracefix.facts.types.calls import construction, returned
from tracefix.facts.types.expressions import infer
from tracefix.facts.types.join import PENDING, Type, Unknown, join
from tracefix.facts.types.variables import default_of, of_variable
from tracefix.facts.unit import FunctionNode, Unit
from tracefix.model import Observed

__all__ = ["Type", "Types", "Unknown", "default_of", "join"]


@dataclass(frozen=True, eq=False)
class Types:
    """Answers for one unit."""

    unit: Unit
    project: Project
    observed: Observed = Observed()

    def of(self, node: ast.expr) -> Type:
        """The type of an expression."""
        cached = self._known.get(node)
        if cached is None:
            self._known[node] = PENDING
            cached = self._known[node] = infer(self, node)
            if cached is PENDING:  # asked while its own name is being settled: true only then
                del self._known[node]
        return cached

    def is_tensor(self, node: ast.expr) -> bool:
        """Whether an expression is surely a Tensor."""
        return self.of(node) == "Tensor"

    def of_local(self, function: FunctionNode, name: str) -> Type:
        """The type of a function's variable or parameter, over all of its assignments."""
        key = (function, name)
        cached = self._locals.get(key)
        if cached is None:
            self._locals[key] = PENDING
            cached = self._locals[key] = of_variable(self, function, name)
        return cached

    def of_attribute(self, info: ClassInfo, name: str) -> Type:
        """The type of an instance's attribute, over all that the class assigns to it."""
        return of_attribute(self, info, name)

    def returned(self, function: FunctionNode) -> Type:
        """The join of what a function's return statements give."""
        return returned(self, function)

    def construction(self, func: ast.expr) -> ast.Call | None:
        """The call in the class that made `self.layer`."""
        return construction(self, func)

    def annotation(self, node: ast.expr) -> Type:
        """The type that an annotation names, in TorchScript's spelling."""
        return spelling_of(node)

    def within(self, unit: Unit) -> Types:
        """The types of another file of the project."""
        return self if unit is self.unit else Types(unit, self.project, self.observed)

    @cached_property
    def _known(self) -> dict[ast.expr, Type]:
        return {}

    @cached_property
    def _locals(self) -> dict[tuple[FunctionNode, str], Type]:
        return {}
