"""Where the branches of a forward turn: the numbers that something of an input is compared with.

Random inputs seldom come near them. Told to the worker, they give inputs for either way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from tracefix.facts import ClassInfo, Facts, FunctionNode
from tracefix.facts.dependence import Cause
from tracefix.facts.tree import walk
from tracefix.model import Subject
from tracefix.verify.hints import Threshold

_MOST = 4  # of one class
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def thresholds(
    facts: Mapping[str, Facts], subjects: Iterable[Subject]
) -> dict[Subject, tuple[Threshold, ...]]:
    """What the branches of some classes, and of their ancestors, ask of values and of sizes."""
    first = next(iter(facts.values()), None)
    if first is None:
        return {}
    found = {}
    for subject in subjects:
        info = first.project.classes.get(subject)
        owners = () if info is None else (info, *first.project.bases(info))
        told = dict.fromkeys(t for owner in owners for t in _of(facts[owner.unit.path], owner))
        if told:
            found[subject] = tuple(told)[:_MOST]
    return found


def _of(facts: Facts, owner: ClassInfo) -> Iterator[Threshold]:
    running = set(facts.forward_functions)
    for function in owner.methods.values():
        for node in walk(function) if function in running else ():
            if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
                yield from _asked(facts, function, node.test)


def _asked(facts: Facts, function: FunctionNode, test: ast.expr) -> Iterator[Threshold]:
    for compared in walk(test):
        if not isinstance(compared, ast.Compare) or len(compared.ops) != 1:
            continue
        if not isinstance(compared.ops[0], _ORDERED):
            continue
        sides = (compared.left, compared.comparators[0])
        for measure, other in (sides, sides[::-1]):
            bound = _bound(facts, other)
            if bound is not None:
                yield from _measured(facts, function, measure, bound)


def _bound(facts: Facts, node: ast.expr) -> str | None:
    """A number: a literal, a constant of the file, or an attribute of self, which the run knows."""
    if isinstance(node, ast.Name) and facts.unit.resolve(node) == node.id:
        node = facts.unit.globals.get(node.id, node)
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    if isinstance(inner, ast.Constant) and type(inner.value) in (int, float):
        return ast.unparse(node)
    text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
    plain = text.startswith("self.") and not facts.types.is_tensor(node)
    return text if plain and all(part.isidentifier() for part in text.split(".")) else None


def _measured(
    facts: Facts, function: FunctionNode, node: ast.expr, bound: str
) -> Iterator[Threshold]:
    dim = _dimension(facts, function, node)
    if dim is not None:
        yield Threshold("size", bound, dim)
    elif facts.types.is_tensor(node) or Cause.VALUES in facts.dependence.of(node):
        yield Threshold("value", bound)


def _dimension(facts: Facts, function: FunctionNode, node: ast.expr) -> int | None:
    """Which dimension's size an expression is; None where it is no size."""
    if isinstance(node, ast.Name):
        binders = facts.unit.binders(function, node.id)
        if len(binders) != 1 or not isinstance(binders[0], ast.Assign):
            return None
        target, value = binders[0].targets[0], binders[0].value
        if isinstance(target, ast.Name):
            return _dimension(facts, function, value)
        return _unpacked(target, node.id) if _is_shape(facts, value) else None
    if isinstance(node, ast.Subscript) and _is_shape(facts, node.value):
        return _whole_number(node.slice)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        sized = node.func.attr == "size" and facts.types.is_tensor(node.func.value)
        return _whole_number(node.args[0]) if sized else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
        return 0 if len(node.args) == 1 and facts.types.is_tensor(node.args[0]) else None
    return None


def _is_shape(facts: Facts, node: ast.expr) -> bool:
    """`x.shape` or `x.size()` of a tensor."""
    if isinstance(node, ast.Call):
        plain = isinstance(node.func, ast.Attribute) and not node.args and not node.keywords
        return plain and _names_shape(facts, node.func, "size")
    return _names_shape(facts, node, "shape")


def _names_shape(facts: Facts, node: ast.expr, name: str) -> bool:
    found = isinstance(node, ast.Attribute) and node.attr == name
    return found and isinstance(node, ast.Attribute) and facts.types.is_tensor(node.value)


def _unpacked(target: ast.expr, name: str) -> int | None:
    """The place of a name among those that a shape is unpacked into."""
    listed = target.elts if isinstance(target, ast.Tuple | ast.List) else []
    for place, each in enumerate(listed):
        if isinstance(each, ast.Starred):
            return None
        if isinstance(each, ast.Name) and each.id == name:
            return place
    return None


def _whole_number(node: ast.expr) -> int | None:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if type(value) is int else None
