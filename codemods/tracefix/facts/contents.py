"""What a list or dictionary that starts empty is filled with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracefix.facts import torch_types
from tracefix.facts.observed import spelled
from tracefix.facts.types import Type, Unknown, join

if TYPE_CHECKING:
    from tracefix.facts import Facts

_SPELLINGS = {"torch.Size": "List[int]"}


def contents_type(target: ast.Name, empty: ast.expr, facts: Facts) -> Type | None:
    """The type of a list or dict by what is put into it; None where nothing is.

    What the run has shown of the variable says so, or else every place of the function that fills
    it; `target` is where it starts.
    """
    function = facts.unit.function_of(target)
    if function is None:
        return None
    where = (facts.unit.path, facts.unit.qualname(function), target.id)
    seen = facts.observed.locals.get(where)
    full = {type_ for type_ in seen or () if "?" not in type_}  # an empty one says nothing
    if full and all(type_.startswith(("List[", "Dict[")) for type_ in full):
        shown = spelled(full)
        return shown if shown is not None else Unknown("the run has shown several types")
    reads = [n for n, given in facts.flow(function).reads.items() if target in given]
    if isinstance(empty, ast.Dict) or _makes_dict(empty, facts):
        return _dict_type(reads, facts)
    elements = [type_ for read in reads for type_ in _put_in(read, facts)]
    if not elements:
        return None
    inner = join(_SPELLINGS.get(str(t), t) for t in elements)
    return inner if isinstance(inner, Unknown) else f"List[{inner}]"


def _makes_dict(value: ast.expr, facts: Facts) -> bool:
    return isinstance(value, ast.Call) and facts.unit.resolve(value.func) == "dict"


def _put_in(read: ast.Name, facts: Facts) -> Iterator[Type]:
    """The types of the elements that one use of a list adds."""
    parent = facts.unit.parents[read]
    call = facts.unit.parents.get(parent)
    if isinstance(parent, ast.Attribute) and isinstance(call, ast.Call) and call.func is parent:
        if parent.attr in ("append", "insert") and call.args:
            yield facts.types.of(call.args[-1])
        elif parent.attr == "extend" and call.args:
            yield _element(call.args[0], facts)
    elif isinstance(parent, ast.AugAssign) and parent.target is read:
        yield _element(parent.value, facts)


def _element(node: ast.expr, facts: Facts) -> Type:
    whole = facts.types.of(node)
    inner = None if isinstance(whole, Unknown) else torch_types.element(whole)
    return inner or Unknown("its elements are of unknown type")


def _dict_type(reads: list[ast.Name], facts: Facts) -> Type | None:
    keys: list[Type] = []
    values: list[Type] = []
    for read in reads:
        parent = facts.unit.parents[read]
        holder = facts.unit.parents.get(parent)
        stored = isinstance(parent, ast.Subscript) and isinstance(holder, ast.Assign)
        if stored and isinstance(parent, ast.Subscript) and isinstance(holder, ast.Assign):
            if parent in holder.targets:
                keys.append(facts.types.of(parent.slice))
                values.append(facts.types.of(holder.value))
    if not values:
        return None
    key, value = join(keys), join(values)
    if isinstance(key, Unknown) or isinstance(value, Unknown):
        return key if isinstance(key, Unknown) else value
    return f"Dict[{key}, {value}]"
