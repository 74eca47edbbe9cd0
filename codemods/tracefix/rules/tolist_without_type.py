"""Read a tensor as a list with tolist().

What it does
    Writes the type of the list where a run has shown it: `sizes: List[int] = x.tolist()`. A list
    that is used at once gets a name of its own in front of the statement.

Why TorchScript rejects it
    The list may hold ints, floats or lists of them; it wants to be told.

Example
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence


    class Pack(nn.Module):
        def forward(self, x, lengths):
            return pack_padded_sequence(x, lengths.tolist(), batch_first=True).data

Use instead
    from typing import List

    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence


    class Pack(nn.Module):
        def forward(self, x, lengths):
            numbers: List[int] = lengths.tolist()
            return pack_padded_sequence(x, numbers, batch_first=True).data

When it is refused
    Where nothing shows what the list holds, where a name holds a tensor before and both are read at
    the same place, and where the list is not made each time that its statement runs. A trace keeps
    the numbers that it was recorded with.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tracefix.facts import Facts
from tracefix.facts.bindings import bindings
from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.packing import lengths_of
from tracefix.facts.spelling import imports_for, written
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tolist-without-type",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"type hint for result of tolist",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of .tolist() whose result no annotation describes."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "tolist" and not call.args:
            described = isinstance(facts.unit.parents[call], ast.AnnAssign)
            if not described and facts.types.of(call.func.value) != "ndarray":
                yield Hit(call, "TorchScript does not know what the list holds")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The list under a name with its type."""
    call = hit.node
    assert isinstance(call, ast.Call)
    type_ = _type_of(call, facts)
    if type_ is None:
        return Refusal("nothing shows what the list holds")
    spelling = written(type_, facts.unit)
    statement = facts.unit.statement(call)
    edits: Iterable[Edit] | Refusal
    if isinstance(statement, ast.Assign) and _name_of(statement, call) is not None:
        edits = _named(statement, spelling, facts)
    else:
        reason = why_not_hoisted(call, facts.unit)
        name = facts.fresh("numbers")
        made = before(statement, f"{name}: {spelling} = {ast.unparse(call)}")
        edits = Refusal(reason) if reason is not None else (made, replace(call, name))
    if isinstance(edits, Refusal):
        return edits
    return Change("write the type", tuple(edits), imports_for([spelling], facts.unit))


def _named(statement: ast.Assign, spelling: str, facts: Facts) -> Iterable[Edit] | Refusal:
    """`name: List[int] = ...`; under a new name where the old one is taken by a tensor."""
    target, function = statement.targets[0], facts.unit.function_of(statement)
    assert isinstance(target, ast.Name)
    assert function is not None
    if list(bindings(function, target.id)) == [statement]:
        return (_annotated(statement, target.id, spelling),)
    flow = facts.flow(function)
    readers = flow.readers(target)
    if any(len(flow.reads[reader]) > 1 for reader in readers):
        return Refusal(f"{target.id} may be something else where it is read")
    name = facts.fresh(f"{target.id}_list")
    renamed = (replace(reader, name) for reader in readers)
    return (_annotated(statement, name, spelling), *renamed)


def _annotated(statement: ast.Assign, name: str, spelling: str) -> Edit:
    return replace(statement, f"{name}: {spelling} = {{value}}", value=statement.value)


def _name_of(statement: ast.Assign, call: ast.Call) -> str | None:
    """`n` of `n = x.tolist()`."""
    target = statement.targets[0]
    plain = len(statement.targets) == 1 and statement.value is call
    return target.id if plain and isinstance(target, ast.Name) else None


def _type_of(call: ast.Call, facts: Facts) -> str | None:
    """The list's type, by the names that a run has seen it, or its elements, in."""
    parent = facts.unit.parents[call]
    if lengths_of(parent, facts.unit) is call:
        return "List[int]"
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        if isinstance(target, ast.Name):
            return _only(t for t in _seen(target, facts) if t.startswith("List["))
        return _list_of(target, facts)
    if isinstance(parent, ast.For | ast.comprehension) and parent.iter is call:
        return _list_of(parent.target, facts)
    return None


def _list_of(target: ast.expr, facts: Facts) -> str | None:
    """The type of the list that is unpacked into names."""
    names = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    inner = _only(type_ for name in names for type_ in _seen(name, facts))
    return f"List[{inner}]" if inner is not None else None


def _seen(name: ast.expr, facts: Facts) -> frozenset[str]:
    function = facts.unit.function_of(name)
    if function is None or not isinstance(name, ast.Name):
        return frozenset()
    return facts.observed.locals.get(
        (facts.unit.path, facts.unit.qualname(function), name.id), frozenset()
    )


def _only(types: Iterable[str]) -> str | None:
    """The one type of several that are equal, made of ints, floats, bools and lists."""
    found = set(types)
    known = len(found) == 1 and not found & {"Tensor", "NoneType"} and "?" not in str(found)
    return found.pop() if known else None
