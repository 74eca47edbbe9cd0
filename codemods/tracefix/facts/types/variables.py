"""The types of variables: parameters, what assignments and loops bind, and globals."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tracefix.facts import torch_types
from tracefix.facts.observed import spelled
from tracefix.facts.types.join import Type, Unknown, join
from tracefix.facts.types.unpacking import is_name, unpack_type, unpacked
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts.types import Types


def of_name(types: Types, node: ast.Name) -> Type:
    """The type of the variable, parameter or global that a name reads."""
    function = types.unit.function_of(node)
    while function is not None:
        if node.id in types.unit.bound_names(function):
            return types.of_local(function, node.id)
        function = types.unit.function_of(function)
    return _global(types, node.id)


def of_variable(types: Types, function: FunctionNode, name: str) -> Type:
    """The join over all that a function gives to a variable or parameter."""
    written = _annotation(types, function, name)
    if written is not None:
        return written  # a fix may have written it, of what the run saw as something else
    where = (types.unit.path, types.unit.qualname(function), name)
    given = types.observed.parameters.get(where, frozenset())
    known = spelled(types.observed.locals.get(where, frozenset()) | given)
    if known is not None:
        return known
    found: list[Type] = []
    for parameter in parameters(function):
        if parameter.arg == name:
            found.append(_parameter(types, function, parameter, given))
    for node in types.unit.binders(function, name):
        found.extend(_bound_by(types, node, name))
    return join(found) if found else Unknown(f"{name} is not assigned in {function.name}")


def _annotation(types: Types, function: FunctionNode, name: str) -> str | None:
    """What the text itself says of a variable, where that is one type."""
    found = {
        types.annotation(node.annotation)
        for node in types.unit.binders(function, name)
        if isinstance(node, ast.AnnAssign) and is_name(node.target, name)
    }
    type_ = found.pop() if len(found) == 1 else None
    return type_ if isinstance(type_, str) else None


def _parameter(
    types: Types, function: FunctionNode, parameter: ast.arg, shown: frozenset[str]
) -> Type:
    """A parameter's type by its text; `shown` is what runs gave it, where that is no one type."""
    if parameter.annotation is not None:
        return types.annotation(parameter.annotation)
    if parameter.arg == "self":
        return "module"
    default = default_of(function, parameter)
    if default is not None:
        given = types.of(default)
        return Unknown("its default is None") if given == "None" else given
    if parameter in (function.args.vararg, function.args.kwarg):
        return Unknown("a starred parameter")
    if shown - {"Tensor", "NoneType"}:
        return Unknown(f"runs have given it {' and '.join(sorted(shown))}")
    # TorchScript's assumption, which is right for what modules are fed.
    return "Tensor" if function.name == "forward" else Unknown("a parameter without annotation")


def _bound_by(types: Types, node: ast.AST, name: str) -> Iterable[Type]:
    """The types that one statement or comprehension gives to a name."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from unpacked(target, types.of, node.value, name)
    elif isinstance(node, ast.AnnAssign) and is_name(node.target, name):
        yield types.annotation(node.annotation)
    elif isinstance(node, ast.NamedExpr) and is_name(node.target, name):
        yield types.of(node.value)
    elif isinstance(node, ast.AugAssign) and is_name(node.target, name):
        if types.of(node.value) == "Tensor":  # `total = 0` before the loop, a Tensor after
            yield "Tensor"
        elif isinstance(node.op, ast.Div):
            yield "float"
    elif isinstance(node, ast.For | ast.comprehension):
        yield from _loop_target(types, node.target, node.iter, name)
    elif isinstance(node, ast.withitem) and is_name(node.optional_vars, name):
        yield Unknown("bound by a with-statement")


def _loop_target(types: Types, target: ast.expr, over: ast.expr, name: str) -> Iterable[Type]:
    if isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.args:
        kind, arguments = over.func.id, over.args
        if kind == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            if is_name(target.elts[0], name):
                yield "int"
            yield from _loop_target(types, target.elts[1], arguments[0], name)
            return
        if kind == "zip" and isinstance(target, ast.Tuple):
            for part, source in zip(target.elts, arguments, strict=False):
                yield from _loop_target(types, part, source, name)
            return
        if kind == "reversed":
            yield from _loop_target(types, target, arguments[0], name)
            return
    over_type = types.of(over)
    inner = None if isinstance(over_type, Unknown) else torch_types.element(over_type)
    yield from unpack_type(target, inner, name)


def _global(types: Types, name: str) -> Type:
    value = types.unit.globals.get(name)
    if value is not None:
        return types.of(value)
    return Unknown(f"{name} is not a variable of this file")


def default_of(function: FunctionNode, parameter: ast.arg) -> ast.expr | None:
    """The default value of a parameter, or None where it has none."""
    args = function.args
    positional = [*args.posonlyargs, *args.args]
    if parameter in positional:
        index = positional.index(parameter) - (len(positional) - len(args.defaults))
        return args.defaults[index] if index >= 0 else None
    if parameter in args.kwonlyargs:
        return args.kw_defaults[args.kwonlyargs.index(parameter)]
    return None
