"""The project's own autograd Functions: what their forward does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

_FUNCTIONS = ("torch.autograd.Function", "torch.autograd.function.Function")
_STATIC = ("staticmethod", "torch.cuda.amp.custom_fwd")


@dataclass(frozen=True, eq=False)
class Applied:
    """A `Function.apply` that forward calls: on the spot, or by a name that holds it."""

    place: ast.expr  # the call, where it is called on the spot
    reference: ast.Attribute
    function: ClassInfo


def applied(facts: Facts) -> Iterator[Applied]:
    """The autograd Functions that forward calls, where it does and where it gets them from."""
    for kept in (*_in_globals(facts), *_in_attributes(facts)):
        info = _function_of(kept, facts)
        if info is not None:
            assert isinstance(kept, ast.Attribute)
            yield Applied(kept, kept, info)
    for node in facts.in_forward(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        info = _function_of(node, facts)
        if info is not None:
            around = facts.unit.parents[node]
            called = isinstance(around, ast.Call) and around.func is node
            yield Applied(around if called else node, node, info)  # type: ignore[arg-type]


def _in_globals(facts: Facts) -> list[ast.expr]:
    """What the file's variables that forward reads hold: `quantize = Round.apply`."""
    held = {
        n.id: facts.unit.globals[n.id]  # type: ignore[attr-defined]
        for n in facts.in_forward(ast.Name)
        if n.id in facts.unit.globals and facts.unit.resolve(n) == n.id  # type: ignore[attr-defined]
    }
    return list(held.values())


def _in_attributes(facts: Facts) -> Iterator[ast.expr]:
    """What forward's attributes of self may be: `self.quantize = Round.apply`."""
    read = {n.attr for n in facts.in_forward(ast.Attribute) if is_self_attribute(n)}  # type: ignore[attr-defined]
    for info in facts.project.modules:
        for node in walk(info.node) if info.unit is facts.unit else ():
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(t, ast.Attribute) and is_self_attribute(t) for t in targets):
                assert isinstance(node, ast.Assign)
                if read & {t.attr for t in targets if isinstance(t, ast.Attribute)}:
                    yield from _values(node.value)


def _values(value: ast.expr) -> Iterator[ast.expr]:
    """What an expression may be."""
    if isinstance(value, ast.IfExp):
        yield from _values(value.body)
        yield from _values(value.orelse)
    else:
        yield value


def applied_function(call: ast.Call, facts: Facts) -> ClassInfo | None:
    """The project's autograd Function in `Function.apply(...)` or `self.Function.apply(...)`."""
    return _function_of(call.func, facts)


def _function_of(node: ast.expr | None, facts: Facts) -> ClassInfo | None:
    """The project's autograd Function whose `apply` an expression is."""
    if not isinstance(node, ast.Attribute) or node.attr != "apply":
        return None
    info = _class_of(node.value, facts)
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


def is_plainly_static(forward: FunctionNode, unit: Unit) -> bool:
    """Whether no decorator but staticmethod, and custom_fwd where it casts nothing, is on it."""
    return all(unit.resolve(d) in _STATIC for d in forward.decorator_list)


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
