"""What takes the place of torch.stack and torch.cat where the steps lie in one tensor already."""

from __future__ import annotations

import ast

from tracefix.facts.list_uses import Join

# What torch says to an empty list.
_EMPTY = {
    "stack": 'raise RuntimeError("stack expects a non-empty TensorList")',
    "cat": 'raise ValueError("torch.cat(): expected a non-empty list of Tensors")',
}


def empty_error(join: Join) -> str:
    """The statement that raises what joining an empty list raises."""
    return _EMPTY[join.kind]


def joined(name: str, join: Join, axis: int, *, contiguous: bool) -> str:
    """The joined tensor, of one in which the steps lie along `axis`; laid out as torch lays it out."""
    assert join.dim is not None
    dim = join.dim if join.stacks or join.dim >= 0 else join.dim - 1
    moved = "" if dim == axis else f".movedim({axis}, {dim})"
    flat = f".flatten({dim}, {dim + 1})" if not join.stacks else ""
    dense = "" if contiguous and not moved else ".contiguous()"
    return f"{name}{moved}{flat}{dense}"


def takes_place_of(name: str, statement: ast.stmt, call: ast.Call) -> bool:
    """Whether a statement is `name = call`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    return statement.value is call and isinstance(target, ast.Name) and target.id == name
