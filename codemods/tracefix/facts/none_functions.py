"""Functions of the project that ask whether something is None, or put something in its place."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import Project
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

_CALLABLE = frozenset({"callable", "inspect.isfunction", "types.isfunction"})


@dataclass(frozen=True, eq=False)
class Chosen:
    """What a call of `def default(val, d): return val if exists(val) else d` chooses between."""

    value: ast.expr
    instead: ast.expr  # a lambda stands for what it gives
    may_be_called: bool  # what stands instead is called where it is a function


def asked_value(call: ast.Call, facts: Facts) -> tuple[ast.expr, bool] | None:
    """What a call such as `exists(x)` asks about, and whether it is true of None."""
    return _asked(call, facts.unit, facts.project)


def chosen(call: ast.Call, facts: Facts) -> Chosen | None:
    """What a call such as `default(x, y)` chooses between."""
    found = _plain_function(call.func, facts.unit, facts.project)
    given = _given(call, found[1]) if found is not None else None
    if found is None or given is None or len(given) != 2:
        return None
    unit, function = found
    value, instead = (p.arg for p in function.args.args)
    last = _otherwise(function.body, value, unit, facts.project)
    if last is None:
        return None
    if _is_name(last, instead):
        return Chosen(given[0], given[1], may_be_called=False)
    if not _is_called_if_callable(last, instead, unit):
        return None
    return Chosen(given[0], given[1], may_be_called=True)


def _asked(call: ast.Call, unit: Unit, project: Project) -> tuple[ast.expr, bool] | None:
    found = _plain_function(call.func, unit, project)
    given = _given(call, found[1]) if found is not None else None
    if found is None or given is None or len(given) != 1:
        return None
    test = _returned(found[1].body)
    of_none = _is_true_of_none(test, found[1].args.args[0].arg) if test is not None else None
    return None if of_none is None else (given[0], of_none)


def _otherwise(body: list[ast.stmt], value: str, unit: Unit, project: Project) -> ast.expr | None:
    """What a function gives where its first parameter is None; otherwise it gives that."""
    body = _without_docstring(body)
    choice = _returned(body)
    if isinstance(choice, ast.IfExp):
        of_none = _asks(choice.test, value, unit, project)
        arms = (choice.body, choice.orelse)
    elif len(body) == 2 and isinstance(body[0], ast.If) and not body[0].orelse:
        first, second = _returned(body[0].body), _returned(body[1:])
        if first is None or second is None:
            return None
        of_none = _asks(body[0].test, value, unit, project)
        arms = (first, second)
    else:
        return None
    there, missing = arms[::-1] if of_none else arms
    return missing if of_none is not None and _is_name(there, value) else None


def _asks(test: ast.expr, name: str, unit: Unit, project: Project) -> bool | None:
    """Whether a test of a variable is true of None; None where it asks something else."""
    if isinstance(test, ast.Call):
        asked = _asked(test, unit, project)
        return asked[1] if asked is not None and _is_name(asked[0], name) else None
    return _is_true_of_none(test, name)


def _is_true_of_none(test: ast.expr, name: str) -> bool | None:
    """Whether `x is None`, `not x is None` ... is true of None; None for any other test."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _is_true_of_none(test.operand, name)
        return None if inner is None else not inner
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not _is_name(test.left, name):
        return None
    right = test.comparators[0]
    if not isinstance(right, ast.Constant) or right.value is not None:
        return None
    if isinstance(test.ops[0], ast.Is | ast.IsNot):
        return isinstance(test.ops[0], ast.Is)
    return None  # == is a tensor's own


def _is_called_if_callable(node: ast.expr, name: str, unit: Unit) -> bool:
    """Whether an expression is `d() if isfunction(d) else d`."""
    if not isinstance(node, ast.IfExp) or not _is_name(node.orelse, name):
        return False
    test, called = node.test, node.body
    if not isinstance(test, ast.Call) or unit.resolve(test.func) not in _CALLABLE:
        return False
    if len(test.args) != 1 or not _is_name(test.args[0], name):
        return False
    plain = isinstance(called, ast.Call) and not called.args and not called.keywords
    return plain and isinstance(called, ast.Call) and _is_name(called.func, name)


def _plain_function(
    func: ast.expr, unit: Unit, project: Project
) -> tuple[Unit, FunctionNode] | None:
    """The function of the project's files that a call names: bound once, with plain parameters."""
    found = project.find_function(unit, func)
    if found is None:
        return None
    home, function = found
    args = function.args
    odd = args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs or args.defaults
    if odd or function.decorator_list or isinstance(function, ast.AsyncFunctionDef):
        return None
    return None if function.name in home.globals else found


def _given(call: ast.Call, function: FunctionNode) -> list[ast.expr] | None:
    """The arguments in the order of the parameters, where the call gives each of them."""
    named = {k.arg: k.value for k in call.keywords}
    if None in named or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    names = [p.arg for p in function.args.args]
    given = dict(zip(names, call.args, strict=False)) | named
    complete = len(call.args) + len(named) == len(names) and set(given) == set(names)
    return [given[name] for name in names] if complete else None


def _returned(body: list[ast.stmt]) -> ast.expr | None:
    """The value of a body that only returns one."""
    body = _without_docstring(body)
    only = body[0] if len(body) == 1 else None
    return only.value if isinstance(only, ast.Return) else None


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if told else body


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
