"""Loops that go through one tensor, slice by slice: which tensor, along which dim."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.literals import literal_int
from tracefix.facts.tree import walk
from tracefix.facts.types import Unknown

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class SlicedLoop:
    """`for index in range(tensor.size(dim))`, `for item in tensor`, or both with enumerate()."""

    tensor: ast.Name  # where the loop, or the count of its steps, reads it
    dim: int
    index: str | None = None
    item: str | None = None
    rank: int | None = None  # of the tensor, where the text says so


@dataclass(frozen=True, eq=False)
class Slice:
    """A read of the slice that a step is about."""

    node: ast.expr  # `x[:, i]`, `x.select(1, i)`, or the item itself
    dim: int
    before: int = 0  # dims of the tensor that surely lie in front of the loop's
    after: int = 0  # ... and behind it


def sliced_loop(target: ast.expr, over: ast.expr, facts: Facts) -> SlicedLoop | None:
    """The tensor that a loop goes through, or None where its steps are not the slices of one."""
    if isinstance(over, ast.Call) and len(over.args) == 1 and not over.keywords:
        called = facts.unit.resolve(over.func)
        if called == "enumerate":
            return _enumerated(target, over.args[0], facts)
        if called == "range" and isinstance(target, ast.Name):
            return _counted(over.args[0], target.id, facts)
    if _counts_from_zero(over, facts) and isinstance(target, ast.Name):
        assert isinstance(over, ast.Call)
        return _counted(over.args[1], target.id, facts)
    return _iterated(target, over, facts)


def _counts_from_zero(over: ast.expr, facts: Facts) -> bool:
    """`range(0, n)`."""
    if not isinstance(over, ast.Call) or facts.unit.resolve(over.func) != "range":
        return False
    return len(over.args) == 2 and literal_int(over.args[0]) == 0


def _enumerated(target: ast.expr, over: ast.expr, facts: Facts) -> SlicedLoop | None:
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
        return None
    index, item = target.elts
    found = _iterated(item, over, facts)
    if found is None or not isinstance(index, ast.Name):
        return None
    return SlicedLoop(found.tensor, found.dim, index.id, found.item)


def _iterated(target: ast.expr, over: ast.expr, facts: Facts) -> SlicedLoop | None:
    """`for row in x`, `for row in x.unbind(1)`, `for row in torch.unbind(x, dim=1)`."""
    if not isinstance(target, ast.Name):
        return None
    if isinstance(over, ast.Name):
        return SlicedLoop(over, 0, item=target.id) if facts.types.is_tensor(over) else None
    if not isinstance(over, ast.Call):
        return None
    arguments = [*over.args, *(k.value for k in over.keywords if k.arg == "dim")]
    if facts.unit.resolve(over.func) == "torch.unbind" and arguments:
        tensor, arguments = arguments[0], arguments[1:]
    elif isinstance(over.func, ast.Attribute) and over.func.attr == "unbind":
        tensor = over.func.value
    else:
        return None
    dim = literal_int(arguments[0]) if arguments else 0
    if dim is None or not isinstance(tensor, ast.Name) or not facts.types.is_tensor(tensor):
        return None
    return SlicedLoop(tensor, dim, item=target.id)


def _counted(count: ast.expr, index: str, facts: Facts) -> SlicedLoop | None:
    """`range(x.size(1))`, `range(x.shape[1])`, `range(len(x))`, or a name that was given one."""
    if not isinstance(count, ast.Name):
        found = _size_of(count, facts)
        return None if found is None else SlicedLoop(found[0], found[1], index)
    definitions = facts.flow_at(count).reads.get(count, frozenset())
    if len(definitions) != 1:
        return None
    (definition,) = definitions
    assignment = facts.unit.statement(definition) if isinstance(definition, ast.Name) else None
    if not isinstance(assignment, ast.Assign) or len(assignment.targets) != 1:
        return None
    target, value = assignment.targets[0], assignment.value
    if target is definition:
        found = _size_of(value, facts)
        return None if found is None else SlicedLoop(found[0], found[1], index)
    tensor = _shape_of(value)
    if not isinstance(target, ast.Tuple) or definition not in target.elts or tensor is None:
        return None
    if any(isinstance(e, ast.Starred) for e in target.elts) or not _has_sizes(tensor, facts):
        return None
    assert isinstance(definition, ast.Name)
    return SlicedLoop(tensor, target.elts.index(definition), index, rank=len(target.elts))


def _size_of(node: ast.expr, facts: Facts) -> tuple[ast.Name, int] | None:
    """The tensor and the dim whose size an expression reads."""
    tensor, dim = _sized(node, facts)
    if not isinstance(tensor, ast.Name) or dim is None:
        return None
    counted = isinstance(node, ast.Call) and facts.unit.resolve(node.func) == "len"
    sized = facts.types.is_tensor(tensor) if counted else _has_sizes(tensor, facts)
    return (tensor, dim) if sized else None


def _has_sizes(node: ast.expr, facts: Facts) -> bool:
    """Whether what is asked for the size of a dim is a tensor, unless it is known as something else."""
    type_ = facts.types.of(node)
    return type_ == "Tensor" or isinstance(type_, Unknown)


def _sized(node: ast.expr, facts: Facts) -> tuple[ast.expr | None, int | None]:
    if isinstance(node, ast.Subscript):
        return _shape_of(node.value), literal_int(node.slice)
    if not isinstance(node, ast.Call) or len(node.args) + len(node.keywords) != 1:
        return None, None
    if facts.unit.resolve(node.func) == "len" and node.args:
        return node.args[0], 0
    if isinstance(node.func, ast.Attribute) and node.func.attr == "size":
        return node.func.value, literal_int(node.args[0] if node.args else node.keywords[0].value)
    return None, None


def _shape_of(node: ast.expr) -> ast.Name | None:
    """`x` of `x.shape` and `x.size()`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        bare = node.func.attr == "size" and not node.args and not node.keywords
        value: ast.expr | None = node.func.value if bare else None
    else:
        value = node.value if isinstance(node, ast.Attribute) and node.attr == "shape" else None
    return value if isinstance(value, ast.Name) else None


def slices(loop: SlicedLoop, inside: Sequence[ast.AST], facts: Facts) -> Iterator[Slice]:
    """The reads of the step's slice below some nodes, in no order."""
    for root in inside:
        for node in walk(root):
            found = _slice(node, loop, facts)
            if found is not None and _is_same_tensor(found.node, loop, facts):
                yield _normalised(found, loop)


def _slice(node: ast.AST, loop: SlicedLoop, facts: Facts) -> Slice | None:
    if isinstance(node, ast.Name) and node.id == loop.item and isinstance(node.ctx, ast.Load):
        return Slice(node, loop.dim, before=max(loop.dim, 0), after=max(-loop.dim - 1, 0))
    if loop.index is None:
        return None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return _subscript(node, loop.index)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "select" and len(node.args) == 2 and not node.keywords:
            dim = literal_int(node.args[0])
            if dim is not None and _is_name(node.args[1], loop.index):
                return Slice(node, dim, before=max(dim, 0), after=max(-dim - 1, 0))
    return None


def _subscript(node: ast.Subscript, index: str) -> Slice | None:
    """`x[:, i, :]`: the index once, all else whole."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    places = [at for at, part in enumerate(parts) if _is_name(part, index)]
    ellipses = [at for at, part in enumerate(parts) if _is_ellipsis(part)]
    if len(places) != 1 or len(ellipses) > 1:
        return None
    rest = [p for at, p in enumerate(parts) if at not in (*places, *ellipses)]
    if not all(_is_whole(part) for part in rest):
        return None
    at = places[0]
    if ellipses and ellipses[0] < at:
        return Slice(node, at - len(parts), before=ellipses[0], after=len(parts) - at - 1)
    return Slice(node, at, before=at, after=len(parts) - at - 1 - len(ellipses))


def _normalised(found: Slice, loop: SlicedLoop) -> Slice:
    """The dim counted as the loop counts it, and all dims known where the rank is."""
    if loop.rank is None:
        return found
    dim = found.dim % loop.rank
    return Slice(found.node, dim, before=dim, after=loop.rank - dim - 1)


def _is_same_tensor(node: ast.expr, loop: SlicedLoop, facts: Facts) -> bool:
    """Whether a slice reads the value of the name that the loop's count was taken from."""
    if isinstance(node, ast.Name):
        return True  # the loop's own item
    tensor = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(tensor, ast.Call) and isinstance(tensor.func, ast.Attribute):
        tensor = tensor.func.value
    if not isinstance(tensor, ast.Name) or tensor.id != loop.tensor.id:
        return False
    reads = facts.flow_at(tensor).reads
    given, counted = reads.get(tensor), reads.get(loop.tensor)
    return given is not None and given == counted and len(given) == 1


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and (node.lower, node.upper, node.step) == (None, None, None)
