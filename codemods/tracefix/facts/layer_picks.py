"""Layers that are picked by a variable where they are used: `self.layers[i](x)`.

The pick may go through several lists, `self.blocks[i][0][j](x)`, and may call a method of the layer
or read an attribute of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.layer_lists import container_of
from tracefix.facts.literals import literal_int

if TYPE_CHECKING:
    from tracefix.facts import Facts


@dataclass(frozen=True, eq=False)
class Pick:
    """One use of a picked layer."""

    use: ast.expr  # the whole expression: the call, the attribute that is read, the parameter
    layers: ast.Attribute  # `self.layers`
    kind: str  # of container: "ModuleList", "Sequential", "ModuleDict", "ParameterList"
    keys: tuple[ast.expr, ...]  # the index at each level
    member: str  # what follows the layer: "", ".weight", ".attention.forward"

    @property
    def call(self) -> ast.Call | None:
        return self.use if isinstance(self.use, ast.Call) else None

    @property
    def shape(self) -> tuple[object, ...]:
        """What two uses have in common that one method can serve."""
        call = self.call
        keys = tuple(ast.unparse(k) if is_fixed(k) else "" for k in self.keys)
        if call is None:
            return (self.layers.attr, keys, self.member)
        keywords = tuple(k.arg for k in call.keywords)
        return (self.layers.attr, keys, self.member, len(call.args), keywords)


def picks(facts: Facts) -> Iterator[Pick]:
    """The uses of layers that a variable picks, in text order."""
    subscripts = facts.in_forward(ast.Subscript)
    for node in sorted(subscripts, key=lambda n: facts.unit.span(n)):
        assert isinstance(node, ast.Subscript)
        above = facts.unit.parents[node]
        if isinstance(above, ast.Subscript) and above.value is node:
            if container_of(node.value, facts) != "ParameterList":
                continue  # the outermost of several levels is looked at
        found = _read(node, facts)
        if found is not None:
            yield found


def is_fixed(key: ast.expr) -> bool:
    """Whether TorchScript takes an index as it stands: a literal."""
    return literal_int(key) is not None or (
        isinstance(key, ast.Constant) and isinstance(key.value, str)
    )


def _read(node: ast.Subscript, facts: Facts) -> Pick | None:
    keys: list[ast.expr] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Subscript):
        if isinstance(inner.slice, ast.Slice | ast.Tuple) or not isinstance(inner.ctx, ast.Load):
            return None
        keys.insert(0, inner.slice)
        inner = inner.value
    kind = container_of(inner, facts)
    if kind == "ParameterList" and len(keys) > 1:
        return None  # what follows the parameter indexes a tensor
    if kind is None or not isinstance(inner, ast.Attribute) or all(map(is_fixed, keys)):
        return None
    use, member = (node, "") if kind == "ParameterList" else _use_of(node, facts)
    return None if use is None else Pick(use, inner, kind, tuple(keys), member)


def _use_of(node: ast.expr, facts: Facts) -> tuple[ast.expr | None, str]:
    """The call of a layer, or of what hangs on it, or the attribute; with the names between."""
    member, use = "", node
    above = facts.unit.parents[use]
    while isinstance(above, ast.Attribute) and isinstance(above.ctx, ast.Load):
        member, use = f"{member}.{above.attr}", above
        above = facts.unit.parents[use]
    if isinstance(above, ast.Call) and above.func is use:
        return above, member
    return (use, member) if member else (None, "")
