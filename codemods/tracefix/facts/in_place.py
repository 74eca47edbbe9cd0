"""What may be written to in place through a name, or through another name of the same tensor."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracefix.facts import pointwise
from tracefix.facts.layers import layers_of
from tracefix.facts.tree import children, walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

# Of torch.nn: what never gives back a view of its input.
_FRESH_LAYERS = frozenset(
    {
        "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Conv1d", "Conv2d", "Conv3d", "Embedding",
        "GRUCell", "LSTMCell", "LayerNorm", "Linear", "RNNCell",
    }
)  # fmt: skip
# Functions and methods of tensors that never do, and those that give Python's values.
_COPYING = frozenset({"cat", "clone", "flip", "gather", "index_select", "repeat", "stack"})
_READING = frozenset({"dim", "item", "nelement", "numel", "size", "stride", "tolist"})
_FRESH = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Constant)


def written_to(value: ast.expr, within: Sequence[ast.stmt], facts: Facts) -> ast.AST | None:
    """The first place in some statements that may change a tensor in place, or None."""
    names = _names_of_the_same(value, within, facts)
    for statement in within:
        for node in walk(statement):
            if any(not names.isdisjoint(_shared(t, facts)) for t in _targets(node, facts)):
                return node
    return None


def written_through(node: ast.expr, facts: Facts) -> ast.AST | None:
    """The first place that may write to the memory of an expression by what it gives, or None."""
    statement = facts.unit.statement(node)
    for part in walk(statement):
        if any(node in set(walk(target)) for target in _targets(part, facts)):
            return part
    function = facts.unit.function_of(node)
    if function is None or not isinstance(statement, ast.Assign):
        return None
    for around in facts.unit.ancestors(node):
        if isinstance(around, _FRESH) or (
            isinstance(around, ast.Call) and _is_fresh(around, facts)
        ):
            return None
        if around is statement:
            break
    bound = (n for target in statement.targets for n in walk(target) if isinstance(n, ast.Name))
    places = (written_to(name, function.body, facts) for name in bound)
    return next((place for place in places if place is not None), None)


def _names_of_the_same(value: ast.expr, within: Sequence[ast.stmt], facts: Facts) -> set[str]:
    """The names whose tensors may share memory with a value, by what the statements assign."""
    names = set(_shared(value, facts))
    links = [set(link) for statement in within for link in _links(statement, facts)]
    while True:
        more = set().union(*(link for link in links if link & names))
        if more <= names:
            return names
        names |= more


def _links(statement: ast.stmt, facts: Facts) -> Iterator[Iterator[str]]:
    for node in walk(statement):
        if isinstance(node, ast.Assign):
            bound = (
                n.id
                for target in node.targets
                if not _is_copied_into(target, facts)
                for n in walk(target)
                if isinstance(n, ast.Name)
            )
            yield iter([*bound, *_shared(node.value, facts)])
        elif isinstance(node, ast.For):
            bound = (n.id for n in walk(node.target) if isinstance(n, ast.Name))
            yield iter([*bound, *_shared(node.iter, facts)])


def _is_copied_into(target: ast.expr, facts: Facts) -> bool:
    """`buffer[i] = h` copies into a tensor, and keeps `h` itself in a list."""
    if not isinstance(target, ast.Subscript):
        return False
    type_ = facts.types.of(target.value)
    return not (isinstance(type_, str) and type_.startswith(("List[", "Dict[")))


def _shared(node: ast.expr, facts: Facts) -> Iterator[str]:
    """The names whose memory an expression's value may share."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        yield from _shared(node.value, facts)
    elif isinstance(node, ast.Call):
        if _is_fresh(node, facts):
            return
        parts = [*node.args, *(k.value for k in node.keywords)]
        if isinstance(node.func, ast.Attribute):
            parts.append(node.func.value)
        for part in parts:
            yield from (n for n in _shared(part, facts) if n != "self")
    elif not isinstance(node, _FRESH):
        for child in children(node):
            if isinstance(child, ast.expr):
                yield from _shared(child, facts)


def _is_fresh(call: ast.Call, facts: Facts) -> bool:
    made = layers_of(call.func, facts)
    if made and all(layer.kind in _FRESH_LAYERS for layer in made):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if name.startswith("new_") or name.endswith("_like"):
        return True
    own = (facts.unit.resolve(call.func) or "").startswith("self.")
    if own or facts.project.find_function(facts.unit, call.func) is not None:
        return False
    known = name in pointwise.FUNCTIONS | _COPYING | _READING
    return known and not any(_targets(call, facts))


def _targets(node: ast.AST, facts: Facts) -> Iterator[ast.expr]:
    """The expressions whose tensors one node writes to."""
    if isinstance(node, ast.AugAssign):
        if facts.types.of(node.target) not in ("int", "float", "bool"):
            yield node.target
    elif isinstance(node, ast.Assign):
        yield from (t for t in node.targets if isinstance(t, ast.Subscript | ast.Attribute))
    elif isinstance(node, ast.Call):
        yield from _written_by(node, facts)


def _written_by(call: ast.Call, facts: Facts) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if name.endswith("_") and not name.endswith("__"):
        if isinstance(call.func, ast.Attribute):
            yield call.func.value
        yield from call.args[:1]
    for keyword in call.keywords:
        if keyword.arg == "out":
            yield keyword.value
        elif keyword.arg == "inplace" and ast.unparse(keyword.value) != "False":
            yield from call.args[:1]
    if pointwise.may_write(call, facts) or any(
        made.in_place for made in layers_of(call.func, facts)
    ):
        yield from call.args[:1]
