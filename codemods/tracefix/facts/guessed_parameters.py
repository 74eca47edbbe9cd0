"""What a parameter is most likely given, where no run has shown it.

A run shows the types of what it passes; a parameter that keeps its default of None, or a function
behind a branch that the run did not take, it leaves open. Then the rest of the text is asked.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from tracefix.facts.compared import compared_type
from tracefix.facts.keyed import keyed_type
from tracefix.facts.observed import spelled, taken
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.types import Unknown
from tracefix.facts.unit import FunctionNode
from tracefix.facts.unpacked import unpacked_type

if TYPE_CHECKING:
    from tracefix.facts import Facts

_AS_SHOWN = {"None": "NoneType", "torch.Size": "Size"}  # the spelling of what a run shows


def type_behind_none(function: FunctionNode, parameter: ast.arg, facts: Facts) -> str:
    """Of what a parameter is an Optional that the run has only seen as None."""
    where = (facts.unit.path, facts.unit.qualname(function), parameter.arg)
    given_later = facts.observed.locals.get(where, frozenset()) - {"NoneType"}
    rebound = spelled(given_later)  # `if hidden is None: hidden = (h, c)`
    # Never passed in the example: a mask, a state, a weight; a Tensor in nearly all code.
    name = parameter.arg
    by_use = (tells(function, name) for tells in (compared_type, keyed_type, unpacked_type))
    return rebound or next(filter(None, by_use), "Tensor")


def type_by_calls(function: FunctionNode, parameter: ast.arg, facts: Facts) -> str | None:
    """What the calls of a function pass for a parameter, or else what its use tells."""
    types = [facts.types.of(given) for given in _passed(function, parameter, facts)]
    if types and not any(isinstance(type_, Unknown) for type_ in types):
        return taken(_AS_SHOWN.get(str(type_), str(type_)) for type_ in types)
    compared = compared_type(function, parameter.arg)
    # A number may be a tensor's neighbour.
    return compared if compared == "str" else keyed_type(function, parameter.arg)


def _passed(function: FunctionNode, parameter: ast.arg, facts: Facts) -> Iterator[ast.expr]:
    """The arguments that calls in forward's functions give to a parameter."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    for call in _calls(facts).get(function, ()):
        if any(isinstance(a, ast.Starred) for a in call.args):
            continue
        bound = (
            names[1:] if isinstance(call.func, ast.Attribute) and names[:1] == ["self"] else names
        )
        given = dict(zip(bound, call.args, strict=False))
        given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
        if parameter.arg in given:
            yield given[parameter.arg]


@lru_cache(maxsize=8)
def _calls(facts: Facts) -> Mapping[FunctionNode, list[ast.Call]]:
    """The calls in forward's functions that name a function of the file, or a method of a class."""
    found: dict[FunctionNode, list[ast.Call]] = defaultdict(list)
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        function = _called(call, facts)
        if function is not None:
            found[function].append(call)
    return found


def _called(call: ast.Call, facts: Facts) -> FunctionNode | None:
    if isinstance(call.func, ast.Name):
        return facts.unit.functions.get(call.func.id)
    if not isinstance(call.func, ast.Attribute):
        return None
    owner = facts.unit.class_of(call)
    on_self = owner is not None and is_self_attribute(call.func)
    info = facts.project.find_class(facts.unit, call.func.value)
    if owner is not None and on_self:
        info = ClassInfo(facts.unit, owner)
    found = facts.project.find_method(info, call.func.attr) if info is not None else None
    if found is None or not (on_self or _is_static(found[1])):
        return None  # `Base.method(self, x)` hands over one argument more
    return found[1]


def _is_static(function: FunctionNode) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
