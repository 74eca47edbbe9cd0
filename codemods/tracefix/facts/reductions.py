"""Calls of functools.reduce, read as the loop that they are."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from tracefix.facts.tree import walk
from tracefix.facts.unit import Unit

# What a function of the module operator does, in place of those that change their operand.
OPERATORS: Mapping[str, str] = {
    "operator.add": "+", "operator.concat": "+", "operator.sub": "-", "operator.mul": "*",
    "operator.truediv": "/", "operator.floordiv": "//", "operator.mod": "%",
    "operator.matmul": "@", "operator.and_": "&", "operator.or_": "|", "operator.xor": "^",
    "operator.pow": "**",
}  # fmt: skip
_SCOPES = ast.Lambda | ast.comprehension | ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await


@dataclass(frozen=True, eq=False)
class Reduction:
    """`reduce(function, sequence, start)`."""

    call: ast.Call
    function: ast.expr
    operator: str | None  # "+" for operator.add
    sequence: ast.expr
    start: ast.expr | None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that a lambda gives to what it is handed."""
        if not isinstance(self.function, ast.Lambda):
            return ()
        return tuple(a.arg for a in (*self.function.args.posonlyargs, *self.function.args.args))

    def reads(self, name: str) -> bool:
        """Whether the function or the sequence reads a variable of the function around."""
        inner: list[ast.AST] = [*walk(self.sequence)]
        if isinstance(self.function, ast.Lambda):
            inner += () if name in self.parameters else walk(self.function.body)
        else:
            inner += walk(self.function)
        return any(isinstance(n, ast.Name) and n.id == name for n in inner)


def reduction_of(call: ast.Call, unit: Unit) -> Reduction | None:
    """A call of reduce() that can be read so."""
    if unit.resolve(call.func) != "functools.reduce" or call.keywords:
        return None
    if len(call.args) not in (2, 3) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    function, sequence, *start = call.args
    operator = OPERATORS.get(unit.resolve(function) or "")
    return Reduction(call, function, operator, sequence, start[0] if start else None)


def why_not_called(found: Reduction) -> str | None:
    """Why what the function does cannot be written into a loop; None if it can."""
    function = found.function
    if found.operator is not None:
        return None
    if isinstance(function, ast.Lambda):
        args = function.args
        if len(found.parameters) != 2 or args.vararg or args.kwarg or args.kwonlyargs:
            return "the lambda does not take two plain parameters"
        if len(set(found.parameters)) < 2 or any(
            isinstance(n, _SCOPES) for n in walk(function.body)
        ):
            return "the lambda has names of its own"
        return None
    plain = all(isinstance(n, ast.Name | ast.Attribute | ast.expr_context) for n in walk(function))
    return None if plain else "the function is made where it is handed on"
