"""Annotations as types, in TorchScript's spelling."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

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
    text = _TENSOR_CLASS.sub("Tensor", ast.unparse(node))
    for long, short in _SPELLINGS.items():
        text = text.replace(long, short)
    return text
