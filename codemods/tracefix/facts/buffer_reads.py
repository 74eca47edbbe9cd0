"""In which form a buffer can stand where the code reads an attribute that was none.

A buffer is written in place, so what has been read of it must not change when the next call
writes: autograd refuses to go back through a product whose factor was overwritten since, and
`n = self.calls` would count on. An operation that gives a new tensor, and keeps nothing for its
backward, may read the buffer itself; others read a copy.
"""

from __future__ import annotations

import ast
import enum
from dataclasses import dataclass

from tracefix.facts.state import StateAttribute
from tracefix.facts.types import Types
from tracefix.facts.unit import Unit

_NUMBERS = ("bool", "int", "float", "number")
_CONVERTERS = ("int", "float", "bool")
_IDENTITY = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
# These keep neither operand for the backward pass.
_LINEAR = (ast.Add, ast.Sub)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
# Of a Tensor: what shares no memory with it and keeps none of it for the backward pass.
_APART = frozenset(
    {
        "shape", "dtype", "device", "ndim", "size", "dim", "numel", "is_cuda", "item", "tolist",
        "clone", "repeat", "sum", "mean",
    }
)  # fmt: skip


class Form(enum.Enum):
    """What to write where the attribute was read."""

    BUFFER = "the buffer itself"
    COPY = "a copy of the buffer"
    DOUBLE = "the buffer in double precision, as Python computes"
    NUMBER = "the Python number that the buffer holds"


@dataclass(frozen=True, eq=False)
class BufferReads:
    """Answers for one unit and one attribute."""

    unit: Unit
    types: Types
    attribute: StateAttribute

    def of_number(self, read: ast.Attribute, kind: str) -> Form:
        """The form for an attribute that held a Python number of type `kind`."""
        node: ast.expr = read
        fresh = double = False
        while True:
            parent = self.unit.parents[node]
            if self._takes_truth(parent, node) or _is_conversion(parent):
                return _form(Form.BUFFER, double)
            if isinstance(parent, ast.Compare):
                plain = self._compares_numbers(parent, node) and self._takes_truth(
                    self.unit.parents[parent], parent
                )
                return _form(Form.BUFFER, double) if plain else Form.NUMBER
            if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub):
                node, fresh = parent, True
                continue
            if self._becomes_state(parent, node):
                return Form.BUFFER if fresh and not double else Form.NUMBER
            if not isinstance(parent, ast.BinOp) or kind == "bool":
                return Form.NUMBER
            other = parent.right if parent.left is node else parent.left
            if not isinstance(parent.op, _ARITHMETIC):
                return Form.NUMBER
            if self.types.is_tensor(other):
                settled = fresh or isinstance(parent.op, _LINEAR)
                return _form(Form.BUFFER if settled else Form.COPY, double)
            if self.types.of(other) not in _NUMBERS and not self._is_own(other):
                return Form.NUMBER
            whole = self.types.of(other) in ("int", "bool") or self._is_own(other)
            double = double or (kind == "int" and (isinstance(parent.op, ast.Div) or not whole))
            node, fresh = parent, True

    def of_tensor(self, read: ast.Attribute) -> Form:
        """The form for an attribute that held a Tensor, replaced and not overwritten."""
        parent = self.unit.parents[read]
        if self._is_written_through(read):
            return Form.BUFFER
        if isinstance(parent, ast.Attribute):
            return Form.BUFFER if parent.attr in _APART else Form.COPY
        if isinstance(parent, ast.Compare) or _is_conversion(parent):
            return Form.BUFFER
        if isinstance(parent, ast.BinOp):
            other = parent.right if parent.left is read else parent.left
            linear = isinstance(parent.op, _LINEAR)
            scaled = isinstance(parent.op, ast.Mult | ast.Div) and self.types.of(other) in _NUMBERS
            divides = isinstance(parent.op, ast.Div) and parent.right is read
            return Form.BUFFER if linear or (scaled and not divides) else Form.COPY
        return Form.COPY

    def _is_written_through(self, node: ast.expr) -> bool:
        """`self.sums[i] = x`, `self.sums[i].add_(x)`, `self.sums.data = x`."""
        parent = self.unit.parents[node]
        if isinstance(parent, ast.Call) and parent.func is node:
            assert isinstance(node, ast.Attribute)
            return node.attr.endswith("_") or self._is_written_through(parent)
        if isinstance(parent, ast.Subscript | ast.Attribute) and parent.value is node:
            return not isinstance(parent.ctx, ast.Load) or self._is_written_through(parent)
        return False

    def _is_own(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Attribute)
            and node.attr == self.attribute.name
            and node in self.attribute.reads
        )

    def _compares_numbers(self, compare: ast.Compare, node: ast.expr) -> bool:
        if any(isinstance(op, _IDENTITY) for op in compare.ops):
            return False
        others = [e for e in (compare.left, *compare.comparators) if e is not node]
        return all(self.types.of(e) in _NUMBERS for e in others)

    def _takes_truth(self, parent: ast.AST, node: ast.AST) -> bool:
        """Whether `parent` asks only whether `node` is true, as an `if` does."""
        if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert):
            return parent.test is node
        if isinstance(parent, ast.BoolOp):
            return self._takes_truth(self.unit.parents[parent], parent)
        if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
            return self._takes_truth(self.unit.parents[parent], parent)
        return False

    def _becomes_state(self, parent: ast.AST, node: ast.expr) -> bool:
        """Whether `node` is what a statement gives to the attribute."""
        return any(w.statement is parent and w.value is node for w in self.attribute.moves)


def _form(form: Form, double: bool) -> Form:
    return Form.DOUBLE if double else form


def _is_conversion(parent: ast.AST) -> bool:
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id in _CONVERTERS
        and len(parent.args) == 1
    )
