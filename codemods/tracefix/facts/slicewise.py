"""Whether a step computes the same from each slice of a tensor, and from that slice alone.

If so, the step's code computes all steps at once where it is given the whole tensor. The dim
that the loop went through then lies among the dims of every value. It stays right as long as no
operation touches it: what works on the last dims must find those of the slice there, and what
broadcasts must not reach it from the right.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tracefix.facts import layers, pointwise
from tracefix.facts.layers import Layer, layers_of
from tracefix.facts.literals import literal_int
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

_NUMBERS = ("int", "float", "bool")


class NotAlike(Exception):
    """A step is not the same function of each slice alone; the message says why."""


@dataclass(frozen=True)
class PerSlice:
    """A tensor that each step has of its own."""

    last: int  # dims that surely lie behind the loop's, all of the slice's own
    added: int = 0  # dims more than the slice has
    fresh: bool = False  # no view of anything
    contiguous: bool = False  # whatever the layout of the input is


@dataclass(frozen=True)
class Number:
    """A Python number that is the same in every step."""


@dataclass(frozen=True)
class Constant:
    """A tensor that is the same in every step."""

    rank: int


Value = PerSlice | Number | Constant


@dataclass(frozen=True, eq=False)
class Interpreter:
    """Follows a step's expressions.

    `in_front` says that the loop's dim is the first one, so that all the slice's dims lie behind it.
    An operation that takes no slice without a last dim then needs no other proof that there is one.
    """

    facts: Facts
    given: Mapping[ast.expr, PerSlice]  # the reads of the step's slice
    in_front: bool
    stored: frozenset[str]  # the names that a step binds

    def step(
        self, body: Sequence[ast.stmt], append: ast.stmt | None, element: ast.expr
    ) -> PerSlice:
        """What a step adds to the list. Raises NotAlike."""
        names: dict[str, Value] = {}
        for statement in body:
            if statement is append:
                continue
            target = _plain_target(statement)
            if target is None or not isinstance(statement, ast.Assign):
                line = self.facts.unit.text(statement).partition("\n")[0]
                raise NotAlike(f"a step does more than compute its element: {line}")
            names[target] = self.value(statement.value, names)
        result = self.value(element, names)
        if not isinstance(result, PerSlice):
            raise NotAlike("the element does not depend on the step's slice")
        if not result.fresh:
            raise NotAlike("the element is the slice itself: stacking makes a copy of it")
        return result

    def value(self, node: ast.expr, names: Mapping[str, Value]) -> Value:
        """What an expression gives. Raises NotAlike."""
        if node in self.given:
            return self.given[node]
        if isinstance(node, ast.Name) and node.id in names:
            return names[node.id]
        if isinstance(node, ast.Name) and node.id in self.stored:
            raise NotAlike(f"{node.id} is carried from step to step, or counts the steps")
        if isinstance(node, ast.BinOp):
            return self._operator(node, names)
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            return self._combined([self.value(node.operand, names)], node)
        if isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.In | ast.Is):
            if len(node.ops) == 1:
                sides = [node.left, node.comparators[0]]
                return self._combined([self.value(side, names) for side in sides], node)
        if isinstance(node, ast.Call):
            return self._call(node, names)
        return self._same_in_every_step(node)

    def _same_in_every_step(self, node: ast.expr) -> Value:
        text = ast.unparse(node)
        if any(isinstance(n, ast.Name) and n.id in self.stored for n in walk(node)):
            raise NotAlike(f"{text} uses more of a step than one slice of one tensor")
        if not isinstance(node, ast.Constant | ast.Name | ast.Attribute):
            raise NotAlike(f"nothing is known of {text}")
        if self.facts.types.of(node) in _NUMBERS:
            return Number()
        rank = layers.rank_of_attribute(node, self.facts)
        if rank is None:
            raise NotAlike(f"how many dims {text} has is not known, so neither how it broadcasts")
        return Constant(rank)

    def _operator(self, node: ast.BinOp, names: Mapping[str, Value]) -> Value:
        left, right = self.value(node.left, names), self.value(node.right, names)
        if isinstance(node.op, ast.MatMult):
            return self._matmul(left, right, node)
        return self._combined([left, right], node)

    def _combined(self, values: Sequence[Value], node: ast.expr) -> Value:
        """Operands that broadcast: tensors of the steps need one rank, constants only last dims."""
        own = [v for v in values if isinstance(v, PerSlice)]
        constants = [v for v in values if isinstance(v, Constant)]
        if not own:
            if constants:
                raise NotAlike(f"nothing is known of {ast.unparse(node)}")
            return Number()
        last = max(v.last for v in own)
        # A tensor without dims counts as one: with its like, it would settle the dtype.
        if len({v.added for v in own}) > 1 or any(max(c.rank, 1) > last for c in constants):
            raise NotAlike(f"how {ast.unparse(node)} broadcasts is not known")
        contiguous = all(v.contiguous for v in own) and not constants
        return PerSlice(last, own[0].added, fresh=True, contiguous=contiguous)

    def _call(self, node: ast.Call, names: Mapping[str, Value]) -> Value:
        made = layers_of(node.func, self.facts)
        if made and len(node.args) == 1 and not node.keywords:
            return self._layers(made, self.value(node.args[0], names), node)
        name = self.facts.unit.resolve(node.func) or ""
        module, _, short = name.rpartition(".")
        operands = list(node.args)
        if module == "math":
            return self._combined([self.value(o, names) for o in operands], node)
        if module not in ("torch", "torch.nn.functional"):
            if not isinstance(node.func, ast.Attribute) or name.startswith("self."):
                raise NotAlike(f"nothing says that {ast.unparse(node.func)}() treats slices alike")
            short, operands = node.func.attr, [node.func.value, *operands]
        if short in pointwise.FUNCTIONS and (short != "where" or len(operands) == 3):
            return self._pointwise(node, operands, names)
        if short in ("softmax", "log_softmax") and operands:
            return self._softmax(node, operands, names)
        if short in ("linear", "matmul") and len(operands) > 1 and not node.keywords:
            return self._product(short, operands, node, names)
        raise NotAlike(f"nothing says that {ast.unparse(node.func)}() treats slices alike")

    def _pointwise(
        self, node: ast.Call, operands: Sequence[ast.expr], names: Mapping[str, Value]
    ) -> Value:
        for keyword in node.keywords:
            plain = isinstance(keyword.value, ast.Constant) or _is_negative(keyword.value)
            if keyword.arg in (None, "out") or not plain:
                raise NotAlike(
                    f"what {keyword.arg}= does in {ast.unparse(node.func)}() is not known"
                )
            if keyword.arg == "inplace" and ast.unparse(keyword.value) != "False":
                raise NotAlike(f"{ast.unparse(node.func)}() writes into its input")
        if pointwise.may_write(node, self.facts):
            raise NotAlike(f"{ast.unparse(node.func)}() may write into its input")
        return self._combined([self.value(o, names) for o in operands], node)

    def _softmax(
        self, node: ast.Call, operands: Sequence[ast.expr], names: Mapping[str, Value]
    ) -> Value:
        dims = [*operands[1:], *(k.value for k in node.keywords if k.arg == "dim")]
        if len(dims) != 1 or len(operands) + len(node.keywords) != 2:
            raise NotAlike(f"nothing says that {ast.unparse(node.func)}() treats slices alike")
        return self._over_dim(self.value(operands[0], names), literal_int(dims[0]), node)

    def _over_dim(self, value: Value, dim: int | None, node: ast.expr) -> Value:
        if not isinstance(value, PerSlice) or dim is None or dim >= 0 or -dim > value.last:
            raise NotAlike(f"which dim {ast.unparse(node)} works on is not known")
        return replace(value, fresh=True, contiguous=False)

    def _product(
        self, name: str, operands: Sequence[ast.expr], node: ast.expr, names: Mapping[str, Value]
    ) -> Value:
        values = [self.value(o, names) for o in operands]
        if any(not isinstance(v, Constant) or v.rank > 1 for v in values[2:]):
            raise NotAlike(f"nothing is known of {ast.unparse(node)}")
        if name == "linear" and isinstance(values[1], Constant) and values[1].rank != 2:
            raise NotAlike(f"the weight of {ast.unparse(node)} is no matrix")
        return self._matmul(values[0], values[1], node)

    def _matmul(self, left: Value, right: Value, node: ast.expr) -> Value:
        """A slice times a matrix that is the same in every step: it works on the last dim."""
        if not isinstance(left, PerSlice) or not isinstance(right, Constant) or right.rank != 2:
            raise NotAlike(f"{ast.unparse(node)} is no slice times a fixed matrix")
        return self._of_last_dims(left, 1, node, contiguous=True)

    def _of_last_dims(
        self, value: PerSlice, count: int, node: ast.expr, *, contiguous: bool
    ) -> PerSlice:
        if not self.in_front and count > value.last:
            raise NotAlike(f"{ast.unparse(node)} could work on the dim that the loop goes through")
        return PerSlice(max(value.last, count), value.added, fresh=True, contiguous=contiguous)

    # -- layers

    def _layers(self, made: Sequence[Layer], value: Value, node: ast.expr) -> Value:
        if not isinstance(value, PerSlice):
            raise NotAlike(f"{ast.unparse(node)} does not depend on the step's slice")
        results = [self._layer(layer, value, node) for layer in made]
        return PerSlice(
            min(r.last for r in results),
            _one({r.added for r in results}, node),
            fresh=all(r.fresh for r in results),
            contiguous=all(r.contiguous for r in results),
        )

    def _layer(self, layer: Layer, value: PerSlice, node: ast.expr) -> PerSlice:
        if layer.kind in layers.POINTWISE and not layer.in_place:
            return replace(value, fresh=True)
        if layer.kind == "Linear":
            return self._of_last_dims(value, 1, node, contiguous=True)
        if layer.kind in ("LayerNorm", "RMSNorm"):
            return self._of_last_dims(value, self._normalised(layer), node, contiguous=False)
        if layer.kind in ("Softmax", "LogSoftmax"):
            result = self._over_dim(value, literal_int(layer.given("dim", 0)), node)
            assert isinstance(result, PerSlice)
            return result
        if layer.kind == "Embedding":
            return self._embedding(layer, value, node)
        if layer.kind == "Sequential":
            for argument in layer.call.args:
                inner = layers.layer_of(argument, layer.made_by)
                if inner is None:
                    raise NotAlike(f"what {ast.unparse(node)} is made of is not known")
                value = self._layer(inner, value, node)
            return value
        raise NotAlike(_why_not(layer))

    def _normalised(self, layer: Layer) -> int:
        """How many dims a norm works on; where the text does not say, no number of dims is enough."""
        shape = layer.given("normalized_shape", 0)
        if isinstance(shape, ast.Tuple | ast.List):
            return len(shape.elts)
        return 1 if literal_int(shape) is not None or self.in_front else 1_000

    def _embedding(self, layer: Layer, value: PerSlice, node: ast.expr) -> PerSlice:
        if len(layer.call.args) > 2 or any(
            k.arg not in ("num_embeddings", "embedding_dim", "padding_idx")
            for k in layer.call.keywords
        ):
            raise NotAlike(f"an option of {layer.name} counts how often an index occurs in a call")
        # In front of the last dims it adds, all dims stay where they are.
        return PerSlice(value.last + 1, value.added + 1, fresh=True, contiguous=True)


def _why_not(layer: Layer) -> str:
    if "BatchNorm" in layer.kind:
        return f"{layer.name} mixes what one call is given"
    if "Dropout" in layer.kind:
        return f"{layer.name} draws other random numbers in one call than in many"
    if layer.in_place:
        return f"{layer.name} may write into its input"
    return f"nothing says that {layer.name} treats slices alike"


def _one(values: set[int], node: ast.expr) -> int:
    if len(values) != 1:
        raise NotAlike(f"how many dims {ast.unparse(node)} has is not known")
    return values.pop()


def _plain_target(statement: ast.stmt) -> str | None:
    """`name` of `name = value`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    return statement.targets[0].id if isinstance(statement.targets[0], ast.Name) else None


def _is_negative(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
