"""How a function uses its starred parameters, and what a run has passed for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts.torch_types import arguments
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts import Facts


def uses(function: FunctionNode, name: str) -> list[ast.Name]:
    """Every place in a function's body that names a parameter."""
    nodes = (node for statement in function.body for node in walk(statement))
    return [node for node in nodes if isinstance(node, ast.Name) and node.id == name]


def is_rebound(function: FunctionNode, parameter: ast.arg) -> bool:
    """Whether a function gives a parameter another value."""
    return any(not isinstance(use.ctx, ast.Load) for use in uses(function, parameter.arg))


def passed_types(function: FunctionNode, facts: Facts) -> list[str] | None:
    """The types of what `*args` held in every call of the run; None where it was not always alike."""
    assert function.args.vararg is not None
    seen = _seen(function, function.args.vararg.arg, facts)
    if len(seen) != 1 or "?" in next(iter(seen)):
        return None
    only = next(iter(seen))
    return [] if only == "Tuple[()]" else arguments(only)


def passes_no_keywords(function: FunctionNode, facts: Facts) -> bool:
    """Whether `**kwargs` was empty in every call of the run."""
    assert function.args.kwarg is not None
    return _seen(function, function.args.kwarg.arg, facts) == {"Dict[?, ?]"}


def is_called_plainly(function: FunctionNode, facts: Facts) -> bool:
    """Whether a function is the project's own, by its name, and no call of it needs a star."""
    if not function.name.startswith("_") or function.name.startswith("__"):
        return False
    known = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
    most = len(function.args.args)
    for unit in facts.project.units.values():
        if function.name not in unit.source.text:
            continue
        for node in walk(unit.tree):
            if isinstance(node, ast.Call) and _is_named(node.func, function.name):
                starred = any(isinstance(a, ast.Starred) for a in node.args)
                if starred or len(node.args) > most:
                    return False
                if any(k.arg not in known for k in node.keywords):
                    return False
    return True


def _is_named(func: ast.expr, name: str) -> bool:
    return name in (getattr(func, "attr", None), getattr(func, "id", None))


def expansions(function: FunctionNode, facts: Facts) -> Iterator[ast.keyword]:
    """The places that pass `**kwargs` on."""
    assert function.args.kwarg is not None
    for use in uses(function, function.args.kwarg.arg):
        parent = facts.unit.parents[use]
        if isinstance(parent, ast.keyword) and parent.arg is None:
            yield parent


def _seen(function: FunctionNode, name: str, facts: Facts) -> frozenset[str]:
    """What the run has passed for a parameter; nothing where it ran another function of this name,
    which is what a decorator was around before it was written out."""
    where = (facts.unit.path, facts.unit.qualname(function))
    recorded = {key[2] for key in facts.observed.parameters if key[:2] == where}
    if not recorded <= {parameter.arg for parameter in parameters(function)}:
        return frozenset()
    return facts.observed.parameters.get((*where, name), frozenset())
