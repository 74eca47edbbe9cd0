"""Places where eager Python raises if a variable is None: `x + mask`, `mask.size(0)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracefix.facts.call_sites import function_run, given_by
from tracefix.facts.one_path import is_always_evaluated
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_FAR = 3  # calls from one function to the next that are followed
# Arguments that torch's own functions need, where those of torch.nn.functional take None.
_NEEDED = frozenset({("torch.softmax", "dim"), ("torch.log_softmax", "dim")})
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
# Functions of torch that need each of their tensors.
_STRICT = frozenset(
    {
        "cat", "stack", "exp", "log", "sqrt", "sigmoid", "tanh", "relu", "softmax", "abs", "mean",
        "sum", "matmul", "bmm", "mm", "einsum", "transpose", "unsqueeze", "squeeze", "mul", "add",
        "sub", "div", "softplus", "leaky_relu", "gelu", "interpolate", "log_softmax",
    }
)  # fmt: skip


def raising_names(statement: ast.stmt, facts: Facts) -> Iterator[ast.Name]:
    """The variables whose being None makes a statement raise each time that it runs."""
    for node in _evaluated(statement):
        if isinstance(node, ast.Name) and is_always_evaluated(node, facts.unit):
            if raises(node, facts):
                yield node


def raises(name: ast.Name, facts: Facts, depth: int = 0) -> bool:
    """Whether the place that reads a variable raises where it is None."""
    around = facts.unit.parents[name]
    if isinstance(around, ast.Attribute):
        return not around.attr.startswith("__")  # None has a class and a name for it
    if isinstance(around, ast.Starred):
        return True
    if isinstance(around, ast.BinOp):
        return not isinstance(around.op, ast.Mod)  # "%s" takes None
    if isinstance(around, ast.UnaryOp):
        return not isinstance(around.op, ast.Not)
    if isinstance(around, ast.Compare):
        return len(around.ops) == 1 and isinstance(around.ops[0], _ORDERED)
    if isinstance(around, ast.Subscript):
        return around.value is name
    if isinstance(around, ast.Assign):
        return any(isinstance(target, ast.Tuple | ast.List) for target in around.targets)
    if isinstance(around, ast.For):
        return around.iter is name
    return _call_raises(name, around, facts, depth)


def _evaluated(statement: ast.stmt) -> Sequence[ast.AST]:
    """The expressions of a statement itself, without those of the blocks below it."""
    if isinstance(statement, ast.If | ast.While):
        return walk(statement.test)
    if isinstance(statement, ast.For):
        return walk(statement.iter)
    plain = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return
    return walk(statement) if isinstance(statement, plain) else []


def _call_raises(name: ast.Name, around: ast.AST, facts: Facts, depth: int) -> bool:
    """Whether a call does that is given the variable, alone or in a list."""
    listed = isinstance(around, ast.List | ast.Tuple)
    call = facts.unit.parents.get(around) if listed else around
    keyword = call.arg if isinstance(call, ast.keyword) else None
    if isinstance(call, ast.keyword):
        call = facts.unit.parents.get(call)
    if not isinstance(call, ast.Call) or call.func is name:
        return False
    function = facts.unit.resolve(call.func) or ""
    if (function, keyword) in _NEEDED:
        return True
    if function.startswith("torch."):
        return function.rpartition(".")[2] in _STRICT and (listed or name in call.args[:1])
    called = None if listed or depth == _FAR else _called(call, facts)
    given = given_by(call, called, facts) if called is not None else None
    if called is None or given is None:
        return False
    taken = [parameter for parameter, value in given.items() if value is name]
    return any(_needs(called, parameter, facts, depth + 1) for parameter in taken)


def _called(call: ast.Call, facts: Facts) -> FunctionNode | None:
    """The function, method or forward of this file that a call runs."""
    run = function_run(call, facts)
    if run is not None or not is_self_attribute(call.func):
        return run
    made = facts.types.construction(call.func)
    held = facts.project.find_class(facts.unit, made.func) if made is not None else None
    found = facts.project.find_method(held, "forward") if held is not None else None
    return found[1] if found is not None and found[0].unit is facts.unit else None


def _needs(function: FunctionNode, parameter: str, facts: Facts, depth: int) -> bool:
    """Whether a function surely comes to a place that raises where its parameter is None."""
    for statement in function.body:
        for node in _evaluated(statement):
            if isinstance(node, ast.Name) and node.id == parameter:
                if isinstance(node.ctx, ast.Store):
                    return False
                if is_always_evaluated(node, facts.unit) and raises(node, facts, depth):
                    return True
        if any(isinstance(n, ast.Return) for n in walk(statement)):
            return False
        bound = (n for n in walk(statement) if isinstance(n, ast.Name) and n.id == parameter)
        if any(isinstance(n.ctx, ast.Store) for n in bound):
            return False
    return False
