"""Write a docstring of __init__ whose lines stand left of it, or are indented with tabs.

What it does
    Moves the lines of the docstring to where the function's body stands; how they lie to each other
    stays as it is.

Why TorchScript rejects it
    It parses the source of __init__ by itself, and first takes from all lines the indentation that
    they have in common. Such a docstring leaves none: "unexpected indent".

Example
    import torch
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, factor: float = 2.0):
            \"\"\"A factor.

    factor: how large
      (2.0 unless given)
            \"\"\"
            super().__init__()
            self.factor = factor

        def forward(self, x):
            return x * self.factor

Use instead
    import torch
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, factor: float = 2.0):
            \"\"\"A factor.

            factor: how large
              (2.0 unless given)
            \"\"\"
            super().__init__()
            self.factor = factor

        def forward(self, x):
            return x * self.factor

When it is refused
    Where the docstring has escapes or is put together of parts. Strings that are no docstrings are
    passed over, since their text counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="docstring-left-of-code",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"unexpected indent", r"unindent does not match", r"expected an indented block"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Such docstrings of constructors."""
    for info in facts.project.modules:
        function = info.methods.get("__init__")
        if function is None or info.unit is not facts.unit:
            continue
        found = _docstring(function)
        if found is not None and _is_left(found, function, facts):
            yield Hit(found, "the docstring stands left of its function", function)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The docstring with its lines where the body stands."""
    docstring, function = hit.node, hit.detail
    assert isinstance(docstring, ast.Constant)
    assert isinstance(function, FunctionNode)
    text = facts.unit.text(docstring)
    if "\\" in text or text[:3] not in ('"""', "'''"):
        return Refusal("the docstring has escapes, or is put together of parts")
    first, *rest = text.split("\n")
    widths = [_width(line) for line in rest[:-1] if line.strip()]
    if rest[-1].strip() not in ('"""', "'''"):
        widths.append(_width(rest[-1]))
    margin, indent = min(widths, default=0), " " * docstring.col_offset
    lines = [_moved(line, margin, indent) for line in rest]
    if rest[-1].strip() in ('"""', "'''"):
        lines[-1] = indent + rest[-1].strip()
    return Change("move the docstring", (replace(docstring, escaped("\n".join([first, *lines]))),))


def _docstring(function: FunctionNode) -> ast.Constant | None:
    first = function.body[0]
    value = first.value if isinstance(first, ast.Expr) else None
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return None
    return value if value.end_lineno != value.lineno else None


def _is_left(docstring: ast.Constant, function: FunctionNode, facts: Facts) -> bool:
    """Whether a line lacks the indentation that the function's own lines have."""
    lines = facts.unit.text(docstring).split("\n")[1:]
    indent = " " * function.col_offset
    return any(line.strip() and not line.startswith(indent) for line in lines)


def _width(line: str) -> int:
    """How far a line is indented, tabs as they are shown."""
    wide = line.expandtabs(8)
    return len(wide) - len(wide.lstrip())


def _moved(line: str, margin: int, indent: str) -> str:
    if not line.strip():
        return line.strip(" \t")
    return indent + " " * max(_width(line) - margin, 0) + line.lstrip()
