"""Make a tensor of an array that is made in the same breath.

What it does
    Finds torch.from_numpy of an array that numpy makes of numbers or of a size, `np.array([1, 0])`,
    `np.eye(k)`, `np.zeros(n)`, and lets torch make it, with the dtype that the array had. What is done
    to the array on the way, `.astype(...)`, `.flatten()`, is done to the tensor.

Why TorchScript rejects it
    It knows nothing of numpy: "attribute lookup is not defined on python value of type 'module'".

Example
    import numpy as np
    import torch
    from torch import nn


    class Align(nn.Module):
        def forward(self, x):
            same = torch.from_numpy(np.eye(x.size(1)).flatten().astype(np.float32))
            return x @ same.view(x.size(1), -1)

Use instead
    import numpy as np
    import torch
    from torch import nn


    class Align(nn.Module):
        def forward(self, x):
            same = torch.eye(x.size(1), dtype=torch.float32).flatten()
            return x @ same.view(x.size(1), -1)

When it is refused
    Where the array is computed from other arrays, or made with more than a dtype; where numbers with a
    fraction become whole ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.literals import is_written_list
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tensor-from-numpy",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"numpy", r"from_numpy", r"python value of type 'module'", r"weak reference"),
)
_DTYPES = {
    **{name: f"torch.{name}" for name in ("float16", "float32", "float64", "int32", "int64")},
    **{"single": "torch.float32", "double": "torch.float64", "int_": "torch.int64"},
    **{"float": "torch.float64", "int": "torch.int64"},  # Python's, which numpy takes too
}
_OF_SIZE = ("eye", "ones", "zeros")
_KEPT = ("flatten", "reshape")


@dataclass(frozen=True)
class _Made:
    """How torch makes the array: a template with `value` in it, and what it is made as."""

    template: str
    value: ast.expr
    dtype: str


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of torch.from_numpy on something of numpy's."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) != "torch.from_numpy" or len(call.args) != 1:
            continue
        names = (facts.unit.resolve(n) or "" for n in walk(call.args[0]) if _is_name(n))
        if any(name.startswith("numpy.") for name in names):
            yield Hit(call, "TorchScript makes no array of numpy's")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor made by torch."""
    call = hit.node
    assert isinstance(call, ast.Call)
    made = _made(call.args[0], facts)
    if made is None:
        return Refusal("the array is not made of numbers or of a size alone")
    edit = replace(call, made.template.replace("DTYPE", made.dtype), value=made.value)
    return Change("let torch make it", (edit, *_of_one_type(made.value)))


def _of_one_type(value: ast.expr) -> Iterator[Edit]:
    """Whole numbers beside those with a fraction, which TorchScript does not mix in a list."""
    if isinstance(value, ast.List | ast.Tuple) and _numbers(value) == "torch.float64":
        for node in walk(value):
            if isinstance(node, ast.Constant) and type(node.value) is int:
                yield replace(node, f"{node.value}.0")


def _made(array: ast.expr, facts: Facts) -> _Made | None:
    if not isinstance(array, ast.Call) or not isinstance(array.func, ast.Attribute):
        return None
    if isinstance(array.func.value, ast.Call):  # of another array
        return _changed(array, array.func, facts)
    name = (facts.unit.resolve(array.func) or "").removeprefix("numpy.")
    given = [k.value for k in array.keywords if k.arg == "dtype"]
    if len(array.args) != 1 or len(given) != len(array.keywords):
        return None
    value = array.args[0]
    if name == "array" and is_written_list(value, facts) and _numbers(value) is not None:
        dtype = _dtype(given[0], facts) if given else _numbers(value)
        return _unless_truncated(_Made("torch.tensor({value}, dtype=DTYPE)", value, dtype or ""))
    if name in _OF_SIZE and facts.types.of(value) == "int":
        dtype = _dtype(given[0], facts) if given else "torch.float64"
        return _Made(f"torch.{name}({{value}}, dtype=DTYPE)", value, dtype) if dtype else None
    return None


def _changed(call: ast.Call, method: ast.Attribute, facts: Facts) -> _Made | None:
    """What a method makes of an array."""
    made = _made(method.value, facts)
    if made is None or call.keywords:
        return None
    if method.attr == "astype" and len(call.args) == 1:
        dtype = _dtype(call.args[0], facts)
        changed = _Made(made.template, made.value, dtype or "")
        return _unless_truncated(changed)
    plain = all(isinstance(a, ast.Constant | ast.UnaryOp) for a in call.args)
    if method.attr in _KEPT and plain:
        arguments = ", ".join(ast.unparse(argument) for argument in call.args)
        return _Made(f"{made.template}.{method.attr}({arguments})", made.value, made.dtype)
    return None


def _unless_truncated(made: _Made) -> _Made | None:
    """None where the dtype is not known, or a fraction would be lost."""
    if not made.dtype:
        return None
    whole = made.dtype.startswith("torch.int")
    return None if whole and _numbers(made.value) == "torch.float64" else made


def _numbers(value: ast.expr) -> str | None:
    """The dtype that numpy gives to the numbers of a list that is written out."""
    leaves = [n for n in walk(value) if not isinstance(n, ast.List | ast.Tuple | ast.expr_context)]
    signs = (ast.UnaryOp, ast.USub, ast.UAdd)
    values = [n.value for n in leaves if isinstance(n, ast.Constant)]
    if len(values) < sum(not isinstance(n, signs) for n in leaves):
        return None
    if not values or any(type(v) not in (int, float) for v in values):
        return None
    return "torch.int64" if all(type(v) is int for v in values) else "torch.float64"


def _dtype(given: ast.expr, facts: Facts) -> str | None:
    if isinstance(given, ast.Constant):
        return _DTYPES.get(given.value) if isinstance(given.value, str) else None
    return _DTYPES.get((facts.unit.resolve(given) or "").removeprefix("numpy."))


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Name)
