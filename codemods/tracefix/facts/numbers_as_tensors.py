"""Tensors that are made of one int, and of which only the int is ever used.

`F.pad(x, [d // 2, d - d // 2])` makes ints of tensors, and so does a slice: where a variable is
read for these alone, it may as well hold the int.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.bindings import loads
from tracefix.facts.flow import Flow
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_MAKERS = frozenset({"torch.tensor", "torch.as_tensor", "torch.LongTensor"})
_WHOLE = frozenset({"torch.int64", "torch.long"})
# These give for whole tensors what they give for ints; a division would be rounded to float32.
_ARITHMETIC = ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod
# Where torch takes a list of ints: a function's parameter by its name and place.
_INT_LISTS = {
    "torch.nn.functional.pad": ("pad", 1),
    "torch.nn.functional.interpolate": ("size", 1),
}


@dataclass(frozen=True, eq=False)
class NumberAsTensor:
    """`name = torch.tensor([number])`."""

    name: ast.Name
    made: ast.Call
    number: ast.expr


def numbers_as_tensors(function: FunctionNode, facts: Facts) -> list[NumberAsTensor]:
    """The variables of a function that hold such tensors, in text order."""
    flow = facts.flow(function)
    found = [made for made in _made(function, facts) if _is_read_here_alone(made, function, flow)]
    while True:
        names = frozenset(made.name for made in found)
        kept = [made for made in found if _gives_ints(made, names, flow, facts)]
        if len(kept) == len(found):
            return kept
        found = kept  # what was mixed with a tensor that stays one


def _made(function: FunctionNode, facts: Facts) -> Iterator[NumberAsTensor]:
    for node in walk(function):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, call = node.targets[0], node.value
        if isinstance(target, ast.Name) and isinstance(call, ast.Call):
            number = _number_in(call, facts)
            if number is not None:
                yield NumberAsTensor(target, call, number)


def _number_in(call: ast.Call, facts: Facts) -> ast.expr | None:
    """`n` of `torch.tensor(n)` and `torch.tensor([n], dtype=torch.int64)`."""
    maker = facts.unit.resolve(call.func)
    if maker not in _MAKERS or len(call.args) != 1:
        return None
    for keyword in call.keywords:
        if keyword.arg == "dtype" and facts.unit.resolve(keyword.value) in _WHOLE:
            continue
        if keyword.arg != "device":
            return None
    given = call.args[0]
    if isinstance(given, ast.List | ast.Tuple):
        if len(given.elts) != 1:
            return None
        given = given.elts[0]
    elif maker == "torch.LongTensor":
        return None  # LongTensor(3) has three elements
    return given if facts.types.of(given) == "int" else None


def _is_read_here_alone(made: NumberAsTensor, function: FunctionNode, flow: Flow) -> bool:
    """Whether every place that reads the variable is one whose definitions are known."""
    return all(name in flow.reads for name in loads(function, made.name.id))


def _gives_ints(made: NumberAsTensor, names: frozenset[ast.Name], flow: Flow, facts: Facts) -> bool:
    readers = flow.readers(made.name)
    return bool(readers) and all(
        _holds(name, names, flow) and _ends_as_int(name, names, flow, facts) for name in readers
    )


def _holds(name: ast.Name, names: frozenset[ast.Name], flow: Flow) -> bool:
    """Whether a variable holds nothing but such numbers where it is read."""
    given = flow.reads.get(name, frozenset())
    return bool(given) and given <= names


def _is_whole(node: ast.expr, names: frozenset[ast.Name], flow: Flow, facts: Facts) -> bool:
    """Whether an expression is a whole number, in a tensor or not."""
    if isinstance(node, ast.Name) and _holds(node, names, flow):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC):
        sides = (node.left, node.right)
        return all(_is_whole(side, names, flow, facts) for side in sides)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _is_whole(node.operand, names, flow, facts)
    return facts.types.of(node) == "int"


def _ends_as_int(name: ast.Name, names: frozenset[ast.Name], flow: Flow, facts: Facts) -> bool:
    """Whether Python or torch makes an int of what is computed with a variable."""
    node: ast.expr = name
    above = facts.unit.parents[node]
    while isinstance(above, ast.BinOp | ast.UnaryOp) and _is_whole(above, names, flow, facts):
        node, above = above, facts.unit.parents[above]
    if isinstance(above, ast.Slice):
        return True
    if isinstance(above, ast.Call):
        return facts.unit.resolve(above.func) == "int" and above.args == [node]
    return isinstance(above, ast.List | ast.Tuple) and _is_int_list(above, facts)


def _is_int_list(display: ast.List | ast.Tuple, facts: Facts) -> bool:
    """Whether torch takes a display for a list of ints."""
    above = facts.unit.parents[display]
    call = facts.unit.parents[above] if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call):
        return False
    parameter, place = _INT_LISTS.get(facts.unit.resolve(call.func) or "", ("", -1))
    if isinstance(above, ast.keyword):
        return above.arg == parameter
    return 0 <= place < len(call.args) and call.args[place] is display
