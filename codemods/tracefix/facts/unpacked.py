"""What a parameter is unpacked to, which tells the type that a default of None does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

_TAKE_SIZES = frozenset(
    {
        "view", "reshape", "expand", "repeat", "tile", "new_zeros", "new_ones", "new_empty",
        "new_full", "zeros", "ones", "empty", "full", "rand", "randn", "arange", "range",
    }
)  # fmt: skip


def unpacked_type(function: FunctionNode, name: str) -> str | None:
    """`List[int]` for `_, _, h, w = name` where h or w is a size, else a tuple of that many tensors.

    TorchScript unpacks no Tensor, so that a parameter which is unpacked is something else.
    """
    taken_apart = list(_unpackings(function, name))
    if not taken_apart or len({len(names) for names in taken_apart}) > 1:
        return None
    sizes = {n.id for node in walk(function) for n in _given_as_sizes(node)}
    if any(not sizes.isdisjoint(names) for names in taken_apart):
        return "List[int]"
    return f"Tuple[{', '.join(['Tensor'] * len(taken_apart[0]))}]"


def _unpackings(function: FunctionNode, name: str) -> Iterator[list[str]]:
    for node in walk(function):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Name):
            continue
        for target in node.targets:
            if node.value.id == name and isinstance(target, ast.Tuple | ast.List):
                names = [e.id for e in target.elts if isinstance(e, ast.Name)]
                if len(names) == len(target.elts):
                    yield names


def _given_as_sizes(node: ast.AST) -> Iterator[ast.Name]:
    """The names that a call takes as sizes: `x.expand(b, c, h, w)`, `torch.zeros((h, w))`."""
    if not isinstance(node, ast.Call):
        return
    called = node.func
    if getattr(called, "attr", getattr(called, "id", None)) in _TAKE_SIZES:
        given = [*node.args, *(k.value for k in node.keywords if k.arg == "size")]
        yield from (n for a in given for n in walk(a) if isinstance(n, ast.Name))
