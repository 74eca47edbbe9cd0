"""What a value that is tested for truth may be: nothing, an object, a collection or a plain value.

TorchScript tests numbers, strings, tensors and lists for truth. It tests neither modules nor
tuples, nor what may be None.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tracefix.facts.instances import held
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.torch_types import arguments
from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import FunctionNode, parameters

if TYPE_CHECKING:
    from tracefix.facts import Facts


class Kind(enum.Enum):
    """How Python decides whether a value is true."""

    NOTHING = "None"  # never
    OBJECT = "an object"  # always: a module, a function
    COLLECTION = "a collection"  # where it has a length, and TorchScript does not ask for it
    PLAIN = "a plain value"  # as TorchScript does: numbers, strings, tensors, lists


_PLAIN = ("Tensor", "Parameter", "int", "float", "bool", "str", "number", "Size", "torch.Size")
_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
_FUNCTIONS = ("function", "method", "builtin_function_or_method", "callable", "module")
_SIZED = ("__len__", "__bool__")


def kinds_of(node: ast.expr, facts: Facts) -> frozenset[Kind] | None:
    """What a name or an attribute of self may be, of all that is known; None where something is not."""
    if isinstance(node, ast.Name):
        function = facts.unit.function_of(node)
        return _of_name(node, function, facts) if function is not None else None
    owner = facts.unit.class_of(node)
    if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
        return None
    return _of_attribute(ClassInfo(facts.unit, owner), node.attr, facts)


def _of_name(name: ast.Name, function: FunctionNode, facts: Facts) -> frozenset[Kind] | None:
    where = (facts.unit.path, facts.unit.qualname(function), name.id)
    seen = facts.observed.parameters.get(where, frozenset()) | facts.observed.locals.get(
        where, frozenset()
    )
    type_ = facts.types.of(name)
    if isinstance(type_, str) and type_ != "module":
        seen |= {type_}
    for parameter in parameters(function):
        default = default_of(function, parameter) if parameter.arg == name.id else None
        if isinstance(default, ast.Constant) and default.value is None:
            # Of a mask that the example leaves out TorchScript is told that it may be a Tensor.
            seen |= {"None"} if seen - {"NoneType", "None"} else {"None", "Tensor"}
        if _is_told_optional(parameter, name, facts):
            seen |= {"None"}  # TorchScript believes it, whatever a run has shown
    return _together(seen, facts)


def _is_told_optional(parameter: ast.arg, name: ast.Name, facts: Facts) -> bool:
    """Whether a name reads a parameter whose annotation says Optional."""
    if parameter.annotation is None or parameter.arg != name.id:
        return False
    told = facts.types.annotation(parameter.annotation)
    read = facts.flow_at(name).reads.get(name, frozenset())
    return isinstance(told, str) and told.startswith("Optional[") and parameter in read


def _of_attribute(info: ClassInfo, name: str, facts: Facts) -> frozenset[Kind] | None:
    seen = _together(held(info, name, facts), facts)
    if seen is None:
        return None
    found = set(seen)
    for current in (info, *facts.project.bases(info), *facts.project.derived(info)):
        for node in current.unit.attribute_binders(current.node, name):
            if isinstance(node, ast.Assign):
                found |= _given(node.value, current, facts)
    if found == {Kind.NOTHING} and _is_called(info, name, facts):
        found.add(Kind.OBJECT)
    return frozenset(found) or None


def _given(value: ast.expr, info: ClassInfo, facts: Facts) -> set[Kind]:
    """The kinds that the text of an assignment shows; what it does not show a run has to."""
    if isinstance(value, ast.IfExp):
        return _given(value.body, info, facts) | _given(value.orelse, info, facts)
    if isinstance(value, ast.Constant):
        return {Kind.NOTHING if value.value is None else Kind.PLAIN}
    if isinstance(value, ast.Lambda):
        return {Kind.OBJECT}
    if isinstance(value, ast.Call):
        name = info.unit.resolve(value.func) or ""
        short = name.rpartition(".")[2]
        if name.startswith("torch.nn.") and short[:1].isupper() and short != "Parameter":
            return {Kind.COLLECTION if short in _CONTAINERS else Kind.OBJECT}
    if isinstance(value, ast.Name):
        return set(_of_default(value, info, facts))
    return set()


def _of_default(value: ast.Name, info: ClassInfo, facts: Facts) -> Iterator[Kind]:
    """`down=None` or `down=False` in the signature that hands the value in."""
    function = info.unit.function_of(value)
    for parameter in parameters(function) if function is not None else ():
        default = (
            default_of(function, parameter) if function and parameter.arg == value.id else None
        )
        if isinstance(default, ast.Constant):
            yield from _given(default, info, facts)


def _is_called(info: ClassInfo, name: str, facts: Facts) -> bool:
    """Whether the class calls `self.name(...)`, as it can a module and cannot a number."""
    return any(
        isinstance(node, ast.Call) and is_self_attribute(node.func, name)
        for node in walk(info.node)
    )


def _together(types: Iterable[str], facts: Facts) -> frozenset[Kind] | None:
    found: set[Kind] = set()
    for type_ in types:
        kinds = _of_type(type_, facts)
        if not kinds:
            return None
        found |= kinds
    return frozenset(found)


def _of_type(type_: str, facts: Facts) -> set[Kind]:
    """The kinds of one type; empty where it is not known how its truth is decided."""
    if type_ in ("None", "NoneType"):
        return {Kind.NOTHING}
    if type_ in _PLAIN or type_.startswith(("List[", "Dict[")):
        return {Kind.PLAIN}
    if type_.startswith("Optional["):
        return {Kind.NOTHING, *_of_type(arguments(type_)[0], facts)}
    if type_.startswith("Tuple[") or type_ in _CONTAINERS:
        return {Kind.COLLECTION}
    if type_ in _FUNCTIONS:
        return {Kind.OBJECT}
    return _of_class(type_, facts)


def _of_class(name: str, facts: Facts) -> set[Kind]:
    for info in facts.project.classes.values():
        if info.subject.qualname == name:
            lengths = any(facts.project.find_method(info, method) for method in _SIZED)
            bases = (b for c in (info, *facts.project.bases(info)) for b in c.node.bases)
            inherits = any(ast.unparse(b).rpartition(".")[2] in _CONTAINERS for b in bases)
            return {Kind.COLLECTION} if lengths or inherits else {Kind.OBJECT}
    traits = facts.observed.classes.get(name, frozenset())
    if "sized" in traits:
        return {Kind.COLLECTION}
    return {Kind.OBJECT} if traits else set()
