"""The project's own autograd Functions: what their forward does."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_FUNCTIONS = ("torch.autograd.Function", "torch.autograd.function.Function")


def applied_function(call: ast.Call, facts: Facts) -> ClassInfo | None:
    """The project's autograd Function in `Function.apply(...)` or `self.Function.apply(...)`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "apply":
        return None
    info = _class_of(call.func.value, facts)
    if info is None:
        return None
    bases = {info.unit.resolve(base) for base in info.node.bases}
    return info if bases & set(_FUNCTIONS) else None


def _class_of(node: ast.expr, facts: Facts) -> ClassInfo | None:
    owner = facts.unit.class_of(node)
    if owner is not None and isinstance(node, ast.Attribute) and is_self_attribute(node):
        inner = facts.unit.classes.get(f"{facts.unit.qualname(owner)}.{node.attr}")
        return None if inner is None else ClassInfo(facts.unit, inner)
    return facts.project.find_class(facts.unit, node)


def without_context(forward: FunctionNode) -> list[ast.stmt] | None:
    """What a Function's forward computes, without what it keeps for backward.

    None where it does more with its context.
    """
    arguments = forward.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or not arguments.args:
        return None
    context = arguments.args[0].arg
    kept = [s for s in forward.body if not _keeps(s, context) and not _is_docstring(s)]
    reads = (n for statement in kept for n in walk(statement) if isinstance(n, ast.Name))
    return None if any(n.id == context for n in reads) else kept


def makes_empty(info: ClassInfo) -> bool:
    """Whether a Function of (x, shape) gives `x.new_empty(shape)`, and a gradient to x alone."""
    forward, backward = info.methods.get("forward"), info.methods.get("backward")
    if forward is None or backward is None or len(forward.args.args) != 3:
        return False
    _, tensor, shape = (argument.arg for argument in forward.args.args)
    body = without_context(forward) or []
    made = [ast.unparse(s) for s in body]
    if made != [f"return {tensor}.new_empty({shape})"]:
        return False
    given = backward.body[-1]
    if not isinstance(given, ast.Return) or not isinstance(given.value, ast.Tuple):
        return False
    is_none = [isinstance(g, ast.Constant) and g.value is None for g in given.value.elts]
    return is_none == [False, True]


def _keeps(statement: ast.stmt, context: str) -> bool:
    """`ctx.save_for_backward(x)`, `ctx.shape = x.shape`."""
    if isinstance(statement, ast.Assign):
        held = [t.value for t in statement.targets if isinstance(t, ast.Attribute)]
        names = [h.id for h in held if isinstance(h, ast.Name)]
        return names == [context] * len(statement.targets)
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) == f"{context}.save_for_backward"


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
