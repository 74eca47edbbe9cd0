"""Where a tensor is known to have no elements, and autograd Functions that only make such ones."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo

if TYPE_CHECKING:
    from tracefix.facts import Facts

_FUNCTIONS = ("torch.autograd.Function", "torch.autograd.function.Function")


def applied_function(call: ast.Call, facts: Facts) -> ClassInfo | None:
    """The project's autograd Function in `Function.apply(...)`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "apply":
        return None
    info = facts.project.find_class(facts.unit, call.func.value)
    if info is None:
        return None
    bases = {info.unit.resolve(base) for base in info.node.bases}
    return info if bases & set(_FUNCTIONS) else None


def only_makes_empty(info: ClassInfo) -> bool:
    """Whether a Function of (x, shape) gives `x.new_empty(shape)`, and a gradient to x alone."""
    forward, backward = info.methods.get("forward"), info.methods.get("backward")
    if forward is None or backward is None or len(forward.args.args) != 3:
        return False
    context, tensor, shape = (argument.arg for argument in forward.args.args)
    *before, last = forward.body
    if not all(_keeps(statement, context) for statement in before):
        return False
    made = last.value if isinstance(last, ast.Return) else None
    if made is None or ast.unparse(made) != f"{tensor}.new_empty({shape})":
        return False
    given = backward.body[-1]
    if not isinstance(given, ast.Return) or not isinstance(given.value, ast.Tuple):
        return False
    is_none = [isinstance(g, ast.Constant) and g.value is None for g in given.value.elts]
    return is_none == [False, True]


def _keeps(statement: ast.stmt, context: str) -> bool:
    """`ctx.shape = x.shape`, or a docstring."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, ast.Assign):
        return False
    held = [t.value for t in statement.targets if isinstance(t, ast.Attribute)]
    names = [h.id for h in held if isinstance(h, ast.Name)]
    return names == [context] * len(statement.targets)


def is_known_empty(name: ast.Name, facts: Facts) -> bool:
    """Whether a test of `x.numel()` that leads to a read of `x` leaves no elements in it."""
    inner: ast.AST = name
    for outer in facts.unit.ancestors(name):
        if isinstance(outer, ast.If) and inner is not outer.test:
            tested = _empty_where(outer.test, name, facts)
            if tested is (inner in outer.body) and tested is not None:
                return True
        for earlier in _before(inner, outer):
            if isinstance(earlier, ast.If) and isinstance(earlier.body[-1], ast.Return | ast.Raise):
                if not earlier.orelse and _empty_where(earlier.test, name, facts) is False:
                    return True
        inner = outer
    return False


def _before(inner: ast.AST, outer: ast.AST) -> list[ast.stmt]:
    """The statements that precede one in its block."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(outer, field, None)
        if isinstance(block, list) and inner in block:
            return block[: block.index(inner)]
    return []


def _empty_where(test: ast.expr, name: ast.Name, facts: Facts) -> bool | None:
    """Which outcome of a test means that `name` is empty; None where it says nothing about it."""
    counted, outcome = test, False
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        right = test.comparators[0]
        if not isinstance(right, ast.Constant) or right.value != 0:
            return None
        if not isinstance(test.ops[0], ast.Eq | ast.Gt | ast.NotEq):
            return None
        counted, outcome = test.left, isinstance(test.ops[0], ast.Eq)
    if not isinstance(counted, ast.Call) or not isinstance(counted.func, ast.Attribute):
        return None
    of = counted.func.value
    if counted.func.attr not in ("numel", "nelement") or not isinstance(of, ast.Name):
        return None
    reads = facts.flow_at(name).reads
    same = of.id == name.id and reads.get(of) == reads.get(name)
    return outcome if same else None
