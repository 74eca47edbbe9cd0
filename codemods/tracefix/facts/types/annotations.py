"""Annotations as types, in TorchScript's spelling."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping
from typing import cast

from tracefix.facts.types.join import Type, Unknown

_SPELLINGS: Mapping[str, str] = {
    "typing.": "",
    "list[": "List[",
    "tuple[": "Tuple[",
    "dict[": "Dict[",
}


# torch.Tensor, and those that name a dtype, such as torch.BoolTensor.
_TENSOR_CLASS = re.compile(r"\btorch\.(\w*Tensor)\b")


def spelling_of(node: ast.expr) -> Type:
    """The type that an annotation names, in TorchScript's spelling."""
    if isinstance(node, ast.Constant):
        if node.value is None:
            return "None"
        if isinstance(node.value, str):
            try:
                return spelling_of(ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                return Unknown("a quoted annotation that is not an expression")
    text = _TENSOR_CLASS.sub("Tensor", ast.unparse(_with_optionals(node)))
    for long, short in _SPELLINGS.items():
        text = text.replace(long, short)
    return text


def _with_optionals(node: ast.expr) -> ast.expr:
    """The annotation with `int | None` and `Union[int, None]` said as `Optional[int]`."""
    if not any(isinstance(n, ast.Constant) and n.value is None for n in ast.walk(node)):
        return node
    return cast(ast.expr, _Optionals().visit(copy.deepcopy(node)))


class _Optionals(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _optional([node.left, node.right]) or node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        of_two = isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2
        if not of_two or ast.unparse(node.value).rpartition(".")[2] != "Union":
            return node
        assert isinstance(node.slice, ast.Tuple)
        return _optional(node.slice.elts) or node


def _optional(choices: list[ast.expr]) -> ast.expr | None:
    """`Optional[X]` for X and None; None for other choices."""
    given = [c for c in choices if not (isinstance(c, ast.Constant) and c.value is None)]
    if len(given) != 1:
        return None
    return ast.Subscript(ast.Name("Optional", ast.Load()), given[0], ast.Load())
