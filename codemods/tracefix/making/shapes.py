"""The number of dimensions that a text declares for an input: in annotations, docstrings, comments."""

from __future__ import annotations

import ast
import re

# jaxtyping's names: Float[Tensor, "batch channels height width"].
_JAXTYPING = re.compile(r"^(?P<kind>[A-Z]\w*)\[.*?Tensor, ?['\"](?P<sizes>[^'\"]*)['\"]\]$")
_KINDS = {"Int": "int", "Integer": "int", "Long": "int", "UInt": "int", "Bool": "bool"}
_SIZES = re.compile(
    r"[\(\[]\s*(?P<sizes>[A-Za-z_*][\w*+/. ]*(?:(?:,|\u00d7)\s*[\w*+/. -]+)*?,?)\s*[\)\]]"
)
_BETWEEN = re.compile(r",|\u00d7|\sx\s")
_NO_SIZES = re.compile(
    r"tensor|torch|int|float|bool|str|list|tuple|dict|none|optional|array|default|callable|module",
    re.IGNORECASE,
)


def declared_by_annotation(annotation: str) -> tuple[int, str]:
    """The rank (0 where it is open) and the kind of a jaxtyping annotation; (0, "") for others."""
    found = _JAXTYPING.match(annotation.strip())
    if found is None:
        return 0, ""
    sizes = found["sizes"].split()
    open_ended = any(size.startswith(("...", "*")) for size in sizes)
    kind = re.sub(r"\d+$", "", found["kind"])
    return 0 if open_ended else len(sizes), _KINDS.get(kind, "")


def declared_by_text(function: ast.FunctionDef | ast.AsyncFunctionDef, text: str, name: str) -> int:
    """The rank that a docstring, or a comment, of a function gives a parameter: `x: (B, C, H, W)`."""
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    for line in [*(ast.get_docstring(function) or "").splitlines(), *comments]:
        told = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)\W(?P<rest>.*)", line)
        for found in _SIZES.finditer(told["rest"]) if told else ():
            sizes = [size.strip() for size in _BETWEEN.split(found["sizes"]) if size.strip()]
            one = len(sizes) == 1 and not found["sizes"].strip().endswith(",")
            if not one and not any(_NO_SIZES.search(size) for size in sizes):
                return len(sizes) if len(sizes) <= 6 else 0
    return 0
