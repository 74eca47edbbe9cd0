"""Whether a function may give back the very tensor that it was given.

A trace knows tensors by their identity: where a function that it keeps as code gives back what it
was given, as another input would not have made it do, the trace takes one for the other behind it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tracefix.facts.flow import Definitions
from tracefix.facts.layers import layers_of
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute

if TYPE_CHECKING:
    from tracefix.facts import Facts

# What torch has of functions and methods that may have nothing to do.
_IDLE = frozenset(
    {
        "to", "type", "type_as", "contiguous", "flatten", "ravel", "real", "resolve_conj",
        "resolve_neg", "atleast_1d", "atleast_2d", "atleast_3d", "cpu", "cuda", "bool", "int",
        "long", "short", "half", "float", "double", "bfloat16", "dropout", "dropout1d", "dropout2d",
        "dropout3d", "alpha_dropout", "feature_alpha_dropout", "pin_memory", "positive",
        "coalesce", "to_dense", "expand_copy", "broadcast_tensors",
    }
)  # fmt: skip
_IDLE_LAYERS = frozenset(
    {"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "Identity", "Flatten"}
)


class GivenBack:
    """Answers for statements whose reads are known by the definitions that reach them."""

    def __init__(self, reads: Mapping[ast.Name, Definitions], facts: Facts) -> None:
        self._reads = reads
        self._facts = facts
        self._asked: set[ast.AST] = set()

    def may_be(self, node: ast.expr) -> bool:
        """Whether an expression may be a tensor that came in, and not one of its own."""
        if isinstance(node, ast.Name):
            return self.may_come_from(self._reads.get(node, frozenset({node})))
        if isinstance(node, ast.IfExp):
            return self.may_be(node.body) or self.may_be(node.orelse)
        if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare):
            return not self._facts.types.is_tensor(node)
        if isinstance(node, ast.Subscript):  # of `x.topk(3)[0]`, what the call gives
            called = isinstance(node.value, ast.Call) and not self._call(node.value)
            return not called and not self._facts.types.is_tensor(node.value)
        if isinstance(node, ast.Attribute):
            of_tensor = self._facts.types.is_tensor(node.value)
            return not of_tensor or node.attr not in ("T", "mT", "H", "mH", "data")
        return not isinstance(node, ast.Call) or self._call(node)

    def may_come_from(self, definitions: Definitions) -> bool:
        """Whether a variable that some definitions gave its value may be what came in."""
        found = False
        for definition in definitions:
            if definition not in self._asked:
                self._asked.add(definition)
                found = found or self._bound(definition)
                self._asked.discard(definition)
        return found

    def _bound(self, definition: ast.AST) -> bool:
        if not isinstance(definition, ast.Name):
            return True  # from in front of the statements
        statement = self._facts.unit.statement(definition)
        if isinstance(statement, ast.For) and isinstance(statement.target, ast.Name):
            return not self._facts.types.is_tensor(statement.iter)
        if isinstance(statement, ast.AugAssign):
            return self.may_come_from(self._reads.get(definition, frozenset({statement})))
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return True
        target, value = statement.targets[0], statement.value
        if isinstance(value, ast.Name):
            return True  # two variables for one tensor, and both may be given
        if target is definition:
            return self.may_be(value)
        if not isinstance(target, ast.Tuple) or definition not in target.elts:
            return True
        if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
            return self.may_be(value.elts[target.elts.index(definition)])
        return self.may_be(value)

    def _call(self, node: ast.Call) -> bool:
        if any(k.arg == "inplace" for k in node.keywords):
            return True
        name = self._facts.unit.resolve(node.func) or ""
        if name.startswith("torch."):
            return _is_idle(name.rpartition(".")[2])
        if is_self_attribute(node.func):
            if self._has_a_body(node.func):
                return False
            layers = layers_of(node.func, self._facts)
            kinds = {layer.kind for layer in layers if not layer.in_place}
            return len(kinds) != len(layers) or not kinds or bool(kinds & {"", *_IDLE_LAYERS})
        if isinstance(node.func, ast.Attribute) and self._facts.types.is_tensor(node.func.value):
            return _is_idle(node.func.attr) and self._is_variable_or_older(node.func.value)
        return True

    def _is_variable_or_older(self, node: ast.expr) -> bool:
        """Whether what a method may give back has another holder: `x[1:].contiguous()` has none."""
        return isinstance(node, ast.Name) or self.may_be(node)

    def _has_a_body(self, func: ast.expr) -> bool:
        """Whether a method or a module of the project is called, whose function sees to it itself."""
        owner = self._facts.unit.class_of(func)
        if owner is None or not isinstance(func, ast.Attribute):
            return False
        project, unit = self._facts.project, self._facts.unit
        if project.find_method(ClassInfo(unit, owner), func.attr) is not None:
            return True
        layers = layers_of(func, self._facts)
        return bool(layers) and all(
            not layer.kind and project.find_class(unit, layer.call.func) for layer in layers
        )


def _is_idle(name: str) -> bool:
    return name in _IDLE or name.endswith("_")
