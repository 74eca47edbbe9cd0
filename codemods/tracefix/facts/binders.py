"""What binds a name or an attribute of self: signatures, targets and registrations."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from tracefix.facts.tree import walk

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_INDEX = "_tracefix_binders"  # of a function, made once: no tree changes after it was parsed


def parameters(function: FunctionNode) -> list[ast.arg]:
    """All parameters in the order of the signature, starred ones too."""
    args = function.args
    starred = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *starred]


def targets_of(node: ast.AST) -> set[str]:
    """The names that one node binds by itself."""
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr | ast.For | ast.AsyncFor):
        targets = [node.target]
    elif isinstance(node, ast.comprehension):
        targets = [node.target]
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        targets = [node.optional_vars]
    else:
        return set()
    stored = (n for target in targets for n in walk(target))
    return {n.id for n in stored if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def binders(function: FunctionNode) -> Mapping[str, Sequence[ast.AST]]:
    """The assignments, loops, comprehensions and with-items of a function, by the names they bind."""
    index: dict[str, list[ast.AST]] | None = function.__dict__.get(_INDEX)
    if index is None:
        index = function.__dict__[_INDEX] = {}
        for node in walk(function):
            for name in targets_of(node):
                index.setdefault(name, []).append(node)
    return index


def bound_attributes(node: ast.AST) -> set[str]:
    """The attributes of self that one node gives a value."""
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    elif isinstance(node, ast.Call):
        return _registered(node)
    else:
        return set()
    stored = (n for target in targets for n in walk(target))
    return {
        n.attr
        for n in stored
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }


def _registered(call: ast.Call) -> set[str]:
    """The name in `self.register_buffer("name", ...)` and its like."""
    if not isinstance(call.func, ast.Attribute) or not call.args:
        return set()
    first = call.args[0]
    if not call.func.attr.startswith("register_") or not isinstance(first, ast.Constant):
        return set()
    return {first.value} if isinstance(first.value, str) else set()


def bindings(function: FunctionNode) -> Iterator[str]:
    """The names that a function binds, some more than once."""
    yield from (a.arg for a in parameters(function))
    declared = {name for n in walk(function) if isinstance(n, ast.Global) for name in n.names}
    for node in walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            if node.id not in declared:
                yield node.id
        elif isinstance(node, Scope) and node is not function:
            yield node.name
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
