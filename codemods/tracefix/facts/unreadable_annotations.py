"""Annotations of which TorchScript knows no type: `Sequence[int]`, `torch.Size`, a bare `dict`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts.tree import walk
from tracefix.facts.unit import Unit

SIZE = "torch.Size"
_ABSTRACT = ("Sequence", "MutableSequence", "Iterable", "Collection", "Mapping", "MutableMapping")
_BARE = frozenset({"list", "tuple", "dict", "typing.List", "typing.Tuple", "typing.Dict"})
_UNKNOWN = frozenset(
    {SIZE, "numpy.ndarray"}
    | {f"{module}.{name}" for module in ("typing", "collections.abc") for name in _ABSTRACT}
)


def unreadable(annotation: ast.expr, unit: Unit) -> Iterator[tuple[ast.expr, str]]:
    """The parts of an annotation that TorchScript has no type for, each with its full name."""
    for node in walk(annotation):
        if isinstance(node, ast.Constant) and node.value is Ellipsis:
            yield node, "..."
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        name = unit.resolve(node) or ""
        above = unit.parents[node]
        subscripted = isinstance(above, ast.Subscript) and above.value is node
        if name in _UNKNOWN or (name in _BARE and not subscripted):
            yield node, name


def is_choice(annotation: ast.expr, unit: Unit) -> bool:
    """Whether an annotation names several types besides None."""
    for node in walk(annotation):
        if isinstance(node, ast.Subscript) and unit.resolve(node.value) == "typing.Union":
            return True
        if isinstance(node, ast.BinOp):
            sides = (node.left, node.right)
            if not any(isinstance(s, ast.Constant) and s.value is None for s in sides):
                return True
    return False
