"""Print with keywords: `print(a, b, sep=", ")`.

What it does
    Puts the separator between the values, in an f-string, and leaves out what is the default.
    `flush` goes too: what is printed is the same.

Why TorchScript rejects it
    "print doesn't accept any keyword arguments".

Example
    from torch import nn


    class Tell(nn.Module):
        def forward(self, x):
            print("rows", x.size(0), sep=": ", flush=True)
            return x + 1

Use instead
    from torch import nn


    class Tell(nn.Module):
        def forward(self, x):
            print(f"rows: {x.size(0)}")
            return x + 1

When it is refused
    Where the line is to end otherwise, where something else than the output is printed to, where
    the separator is computed, and where values are spread with a star.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="print-keywords",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # what is flushed is seen later
    answers=(r"print doesn't accept any keyword", r"in JoinedStr"),
)
_SAME_IN_TEXT = ("int", "float", "bool", "str", "torch.Size")  # f"{x}" is str(x)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of print with keywords."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if call.keywords and facts.unit.resolve(call.func) == "print":
            yield Hit(call, "TorchScript's print takes no keywords")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The values in one text, or as they are."""
    call = hit.node
    assert isinstance(call, ast.Call)
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given or any(isinstance(arg, ast.Starred) for arg in call.args):
        return Refusal("its values are spread")
    if not _is_constant(given.get("end"), (None, "\n")):
        return Refusal("the line ends otherwise, which TorchScript's print cannot")
    to = given.get("file")
    if to is not None and not _is_output(to, facts):
        return Refusal("it prints to something else than the output")
    separator = given.get("sep")
    if separator is not None and not isinstance(separator, ast.Constant):
        return Refusal("its separator is computed")
    edits: list[Edit] = [replace(keyword, "") for keyword in call.keywords]
    text = " " if separator is None or separator.value is None else str(separator.value)
    if text != " " and len(call.args) > 1:
        joined = _joined(call.args, text, facts)
        edits = [replace(call, "{print}({text})", print=call.func, text=joined)]
    return Change("print without keywords", tuple(edits))


def _is_output(file: ast.expr, facts: Facts) -> bool:
    return _is_constant(file, (None,)) or facts.unit.resolve(file) == "sys.stdout"


def _is_constant(value: ast.expr | None, values: Sequence[object]) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value in values)


def _joined(values: Sequence[ast.expr], separator: str, facts: Facts) -> str:
    """The values as one f-string."""
    parts: list[ast.expr] = []
    for value in values:
        if parts:
            parts.append(ast.Constant(separator))
        if isinstance(value, ast.JoinedStr):
            parts += value.values
        elif isinstance(value, ast.Constant) and isinstance(value.value, str):
            parts.append(value)
        else:
            parts.append(ast.FormattedValue(_as_text(value, facts), -1, None))
    text = ast.unparse(ast.JoinedStr(values=parts))
    plain = text.startswith("f'") and not any(c in text[2:-1] for c in "\"'\\")
    return f'f"{text[2:-1]}"' if plain else text


def _as_text(value: ast.expr, facts: Facts) -> ast.expr:
    """A value, in str() where an f-string might write it in another way."""
    if facts.types.of(value) in _SAME_IN_TEXT:
        return value
    return ast.Call(ast.Name("str", ast.Load()), [value], [])
