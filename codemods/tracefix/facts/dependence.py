"""What a Python value in forward depends on, beyond the code itself.

A Tensor carries its values through script and trace alike. The trouble starts where a Python
number, bool or list is taken from one: a trace records it as a constant. This analysis
says for any expression which such sources it has.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tracefix.facts.call_sites import CallSites, given_for
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import children, walk
from tracefix.facts.types import Types, Unknown
from tracefix.facts.unit import FunctionNode, Unit, parameters

_READERS = frozenset({"item", "tolist", "numpy"})
_CONVERTERS = frozenset({"int", "float", "bool", "round", "complex"})
_RANDOM = ("random.", "numpy.random.")
_LOOPS = ast.For | ast.AsyncFor | ast.comprehension


class Cause(enum.Enum):
    """Where a Python value comes from that another call may change."""

    VALUES = "the values of a tensor"
    SHAPE = "the shape of a tensor"
    STATE = "state that forward moves"
    RANDOM = "a random draw"
    MODE = "training or evaluation mode"


@dataclass(frozen=True, eq=False)
class Dependence:
    """Answers for one unit."""

    unit: Unit
    types: Types
    call_sites: CallSites

    def of(self, node: ast.expr) -> frozenset[Cause]:
        """The causes of an expression's Python value; none for a Tensor itself."""
        cached = self._known.get(node)
        if cached is None:
            self._known[node] = frozenset()  # a name's own value adds nothing
            cached = self._known[node] = frozenset(self._causes(node))
        return cached

    def condition(self, test: ast.expr) -> frozenset[Cause]:
        """The causes of a test: `if tensor:` reads the tensor's value."""
        own = self.of(test)
        if isinstance(test, ast.BoolOp):
            return own.union(*(self.condition(v) for v in test.values))
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return own | self.condition(test.operand)
        return own | {Cause.VALUES} if self.types.is_tensor(test) else own

    @cached_property
    def _known(self) -> dict[ast.expr, frozenset[Cause]]:
        return {}

    def _causes(self, node: ast.expr) -> Iterator[Cause]:
        if isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node)
        elif isinstance(node, ast.Name):
            yield from self._name(node)
        elif isinstance(node, ast.Lambda):
            return
        elif isinstance(node, ast.Compare) and self._reads_no_value(node):
            return
        elif self.types.is_tensor(node) and not isinstance(node, ast.IfExp):
            return
        else:
            yield from self._children(node)

    def _reads_no_value(self, node: ast.Compare) -> bool:
        """A comparison that gives a Tensor, or `is None`, which the kind of a value settles."""
        identity = all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
        return identity or self.types.is_tensor(node)

    def _children(self, node: ast.AST) -> Iterator[Cause]:
        for child in children(node):
            if isinstance(child, ast.expr):
                yield from self.of(child)

    def _call(self, node: ast.Call) -> Iterator[Cause]:
        name = self.unit.resolve(node.func) or ""
        if name in ("isinstance", "hasattr", "callable") or _counts_dims(node, name):
            return
        if name.startswith(_RANDOM):
            yield Cause.RANDOM
        if name in _CONVERTERS and node.args and self._may_be_tensor(node.args[0]):
            yield Cause.VALUES
        if name == "len" and node.args and self._may_be_tensor(node.args[0]):
            yield Cause.SHAPE
        if isinstance(node.func, ast.Attribute) and self.types.is_tensor(node.func.value):
            if node.func.attr in _READERS:
                yield Cause.VALUES
            if node.func.attr in ("size", "numel", "nelement", "stride"):
                yield Cause.SHAPE
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _READERS:
            yield Cause.VALUES
        if not self.types.is_tensor(node):
            if isinstance(node.func, ast.Attribute):
                yield from self.of(node.func.value)
            yield from self._children_of_arguments(node)

    def _children_of_arguments(self, node: ast.Call) -> Iterator[Cause]:
        for argument in node.args:
            yield from self.of(argument)
        for keyword in node.keywords:
            yield from self.of(keyword.value)

    def _may_be_tensor(self, node: ast.expr) -> bool:
        """Surely a Tensor, or unknown but computed by torch."""
        type_ = self.types.of(node)
        if type_ == "Tensor":
            return True
        if not isinstance(type_, Unknown) or not isinstance(node, ast.Call):
            return False
        return (self.unit.resolve(node.func) or "").startswith("torch.")

    def _attribute(self, node: ast.Attribute) -> Iterator[Cause]:
        if is_self_attribute(node):
            if node.attr == "training":
                yield Cause.MODE
            elif node.attr in self._moved_attributes(node) and not self.types.is_tensor(node):
                yield Cause.STATE
            return
        if node.attr == "shape":
            yield Cause.SHAPE
        elif not self.types.is_tensor(node):
            yield from self.of(node.value)

    def _moved_attributes(self, node: ast.Attribute) -> frozenset[str]:
        owner = self.unit.class_of(node)
        if owner is None:
            return frozenset()
        cached = self._moved.get(owner)
        if cached is None:
            cached = self._moved[owner] = frozenset(
                target.attr
                for name, method in self.unit.methods(owner).items()
                if name != "__init__" and not name.startswith("set_")
                for target in _assigned(method)
                if is_self_attribute(target) and isinstance(target, ast.Attribute)
            )
        return cached

    @cached_property
    def _moved(self) -> dict[ast.ClassDef, frozenset[str]]:
        return {}

    def _name(self, node: ast.Name) -> Iterator[Cause]:
        function = self.unit.function_of(node)
        if function is None or node.id not in self.unit.bound_names(function):
            return
        if self.types.of(node) == "Tensor":
            return
        if any(p.arg == node.id for p in parameters(function)) and node.id != "self":
            yield from self.of_parameter(function, node.id)
        for binder in self.unit.binders(function, node.id):
            value = binder.iter if isinstance(binder, _LOOPS) else getattr(binder, "value", None)
            if value is not None:
                yield from self.of(value)

    def of_parameter(self, function: FunctionNode, name: str) -> frozenset[Cause]:
        """What those that call a function give for one of its parameters depends on."""
        key = (function, name)
        if key not in self._parameters:
            self._parameters[key] = frozenset()  # a function that calls itself adds nothing
            given = (
                given_for(name, call, function, self.unit) for call in self.call_sites.of(function)
            )
            causes = (self.of(value) for value in given if value is not None)
            self._parameters[key] = frozenset[Cause]().union(*causes)
        return self._parameters[key]

    @cached_property
    def _parameters(self) -> dict[tuple[FunctionNode, str], frozenset[Cause]]:
        return {}


def _counts_dims(node: ast.Call, name: str) -> bool:
    """`len(x.shape)` or `len(x.size())`: another input has other sizes, not other dims."""
    if name != "len" or len(node.args) != 1:
        return False
    given = node.args[0]
    if isinstance(given, ast.Call):
        is_size = isinstance(given.func, ast.Attribute) and given.func.attr == "size"
        return is_size and not given.args and not given.keywords
    return isinstance(given, ast.Attribute) and given.attr == "shape"


def _assigned(function: FunctionNode) -> Iterator[ast.AST]:
    for node in walk(function):
        if isinstance(node, ast.Assign):
            yield from node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            yield node.target
