"""Expressions of a snippet as text that stands by itself: its variables are put in."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping

_DEEPEST = 30
_PLAIN = frozenset(
    {"int", "float", "bool", "str", "list", "tuple", "dict", "set", "range", "len", "sum"}
)
_MOVES = {"cuda", "cpu", "eval", "train", "to", "requires_grad_", "detach", "contiguous"}


class Unclear(Exception):
    """The value of an expression cannot be told from its text."""


def without_moves(node: ast.expr) -> ast.expr:
    """`x` for `x.cuda()`, `x.to(device)`, `x.eval()` and the like, which change no value."""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _MOVES
        and not _names_type(node)
    ):
        node = node.func.value
    return node


def _names_type(call: ast.Call) -> bool:
    """Whether `.to` is given a dtype."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(a, ast.Attribute) and a.attr not in ("device",) for a in given)


def inlined(
    node: ast.expr, values: Mapping[str, ast.expr], name_of: Callable[[ast.expr], str | None]
) -> str:
    """The text of an expression with variables replaced by their `values`.

    `name_of` gives the text for a name that stands for something global, or None. Raises Unclear.
    """
    put_in = _Inliner(values, name_of).visit(copy.deepcopy(node))
    return ast.unparse(put_in)


class _Inliner(ast.NodeTransformer):
    def __init__(
        self, values: Mapping[str, ast.expr], name_of: Callable[[ast.expr], str | None]
    ) -> None:
        self._values = values
        self._name_of = name_of
        self._depth = 0

    def visit(self, node: ast.AST) -> ast.AST:
        self._depth += 1
        try:
            if self._depth > _DEEPEST or isinstance(node, _UNCLEAR):
                raise Unclear
            visited: ast.AST = super().visit(node)
            return visited
        finally:
            self._depth -= 1

    def visit_Call(self, node: ast.Call) -> ast.AST:
        plain = without_moves(node)
        if plain is not node:
            return self.visit(plain)
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "device"]
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = self._name_of(node)
        return ast.parse(name, mode="eval").body if name else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self._values:
            return self.visit(copy.deepcopy(self._values[node.id]))
        name = self._name_of(node)
        if name is None and node.id not in _PLAIN:
            raise Unclear
        return ast.parse(name, mode="eval").body if name else node


_UNCLEAR = (
    ast.Lambda,
    ast.Await,
    ast.Yield,
    ast.YieldFrom,
    ast.NamedExpr,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
