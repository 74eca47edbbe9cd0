"""A test on a tensor's value as a tensor: what torch.where takes for its condition."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracefix.facts.flow import Flow
from tracefix.facts.numbers import tensor_of_item
from tracefix.facts.selectable import Selectable
from tracefix.facts.tree import children
from tracefix.facts.types import Types
from tracefix.facts.unit import Unit

_REDUCTIONS = frozenset(
    [
        "sum",
        "mean",
        "prod",
        "max",
        "min",
        "any",
        "all",
        "norm",
        "std",
        "var",
        "median",
        "amax",
        "amin",
        "argmax",
        "argmin",
    ]
)
_BOOLEAN = frozenset(
    ["any", "all", "isnan", "isinf", "isfinite", "logical_and", "logical_or", "logical_not", "bool"]
)
_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
# A comparison through .item() is in double precision; numbers of eight bits are the same in all.
_EXACT = 256


@dataclass(frozen=True)
class Mask:
    """A condition as a template with holes, or the reason why there is none."""

    template: str = ""
    holes: Mapping[str, ast.AST] | None = None
    obstacle: str | None = None


@dataclass(frozen=True, eq=False)
class Conditions:
    """Answers for the tests of one function."""

    unit: Unit
    types: Types
    flow: Flow

    def mask(self, test: ast.expr, hole: str = "test") -> Mask:
        """The tensor of no dimensions that holds the truth of a test."""
        if isinstance(test, ast.BoolOp):
            name = "torch.logical_and" if isinstance(test.op, ast.And) else "torch.logical_or"
            return self._together(name, test.values, hole)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._together("torch.logical_not", [test.operand], hole)
        if isinstance(test, ast.Call) and self.unit.resolve(test.func) == "bool" and test.args:
            return self.mask(test.args[0], hole)
        if isinstance(test, ast.Compare):
            return self._comparison(test, hole)
        if tensor_of_item(test) is not None:
            test = tensor_of_item(test) or test
        if not self.types.is_tensor(test):
            return Mask(obstacle=f"{ast.unparse(test)} is not known to be a tensor")
        truth = f"{{{hole}}}" if self._is_boolean(test) else f"({{{hole}}} != 0)"
        return Mask(self._without_dimensions(truth, [test]), {hole: test})

    def _together(self, name: str, values: list[ast.expr], hole: str) -> Mask:
        template, holes = "", dict[str, ast.AST]()
        for number, value in enumerate(values):
            part = self.mask(value, f"{hole}_{number}")
            if part.holes is None:
                return part
            if number and (why := self._obstacle(part)) is not None:
                return Mask(obstacle=why)  # `and` and `or` may pass it over
            template = f"{name}({template}, {part.template})" if template else part.template
            holes |= part.holes
        return Mask(template if len(values) > 1 else f"{name}({template})", holes)

    def _obstacle(self, part: Mask) -> str | None:
        selectable = Selectable(self.unit, self.types, self.flow)
        tested = [n for n in (part.holes or {}).values() if isinstance(n, ast.expr)]
        return next((why for node in tested if (why := selectable.obstacle(node))), None)

    def _comparison(self, test: ast.Compare, hole: str) -> Mask:
        sign = _COMPARISONS.get(type(test.ops[0]))
        if len(test.ops) > 1 or sign is None:
            return Mask(obstacle=f"{ast.unparse(test)} is no single comparison")
        sides = [test.left, test.comparators[0]]
        read = [tensor_of_item(side) or _float_of(side) for side in sides]
        values = [tensor or side for tensor, side in zip(read, sides, strict=True)]
        if not any(self.types.is_tensor(v) for v in values):
            return Mask(obstacle=f"{ast.unparse(test)} compares no tensor that is known to be one")
        if any(read) and not any(_is_exact(v) for v in values):
            return Mask(
                obstacle=f"{ast.unparse(test)} compares in double precision, "
                "which the tensor itself would not"
            )
        if not any(read):
            return Mask(self._without_dimensions(f"{{{hole}}}", values), {hole: test})
        left, right = f"{hole}_left", f"{hole}_right"
        template = self._without_dimensions(f"{{{left}}} {sign} {{{right}}}", values)
        return Mask(template, {left: values[0], right: values[1]})

    def _without_dimensions(self, template: str, values: list[ast.expr]) -> str:
        """torch.where broadcasts its condition too: one element in several dimensions would add them."""
        if all(self._has_no_dimensions(v) for v in values):
            return template
        return f"({template}).reshape(())"  # raises for several elements, as bool() does

    def _is_boolean(self, node: ast.expr) -> bool:
        """Whether a tensor surely holds bools."""
        if isinstance(node, ast.Compare):
            return True
        return isinstance(node, ast.Call) and _short_name(node.func) in _BOOLEAN

    def _has_no_dimensions(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant) or self.types.of(node) in ("int", "float", "bool"):
            return True
        if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare):
            return all(self._has_no_dimensions(n) for n in _operands(node))
        if isinstance(node, ast.Name):
            return self._is_reduced_before(node)
        if not isinstance(node, ast.Call) or node.keywords:
            return False
        method = isinstance(node.func, ast.Attribute) and self.types.is_tensor(node.func.value)
        reduced = len(node.args) == (0 if method else 1)
        return reduced and _short_name(node.func) in _REDUCTIONS

    def _is_reduced_before(self, name: ast.Name) -> bool:
        holders = [self.unit.parents.get(d) for d in self.flow.reads.get(name, ())]
        return bool(holders) and all(
            isinstance(h, ast.Assign)
            and isinstance(h.targets[0], ast.Name)
            and isinstance(h.value, ast.Call | ast.Compare)
            and self._has_no_dimensions(h.value)
            for h in holders
        )


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    return (n for n in children(node) if isinstance(n, ast.expr))


def _short_name(func: ast.expr) -> str | None:
    return func.attr if isinstance(func, ast.Attribute) else None


def _float_of(node: ast.expr) -> ast.expr | None:
    """`x` of `float(x)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        return node.args[0] if len(node.args) == 1 else None
    return None


def _is_exact(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    if not isinstance(node, ast.Constant) or not isinstance(node.value, int | float):
        return False
    numerator, denominator = float(node.value).as_integer_ratio()
    return abs(numerator) <= _EXACT and denominator <= _EXACT
