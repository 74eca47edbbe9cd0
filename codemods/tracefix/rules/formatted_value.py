"""Format a value in an f-string: `f"{x:.2f}"`, `f"{x!r}"`.

What it does
    Leaves out what changes nothing, as in `{n:d}` of an int and `{name!s}`. In a message, which
    is raised, printed or warned of, `str.format` writes the rest: the text stays as it was, but
    compiled code, which has no formats, shows `{:.2f}` in its place.

Why TorchScript rejects it
    "Don't support formatting in JoinedStr", "Don't support conversion in JoinedStr".

Example
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, scale: float = 0.5):
            super().__init__()
            self.scale = scale

        def forward(self, x):
            if x.dim() != 2:
                raise ValueError(f"{x.dim():d} dimensions, to be scaled by {self.scale:.2f}")
            return x * self.scale

Use instead
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, scale: float = 0.5):
            super().__init__()
            self.scale = scale

        def forward(self, x):
            if x.dim() != 2:
                raise ValueError(f"{x.dim()} dimensions, to be scaled by " + "{:.2f}".format(self.scale))
            return x * self.scale

When it is refused
    Where the text is computed with, as a dict's key is: compiled code would make another. Where the
    format is computed too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.facts.messages import is_message
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="formatted-value",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Don't support (formatting|conversion) in JoinedStr",),
    after=("print-keywords",),  # one text is easier to read than a text within another
)
_NUMBERS = ("int", "float", "bool")
_NOTHING = {("int", "d"), ("str", "s")}  # formats that change nothing
_CONVERSIONS = {-1: "", 115: "!s", 114: "!r", 97: "!a"}


def find(facts: Facts) -> Iterator[Hit]:
    """f-strings with a format or a conversion in them."""
    for node in facts.in_forward(ast.JoinedStr):
        assert isinstance(node, ast.JoinedStr)
        if isinstance(facts.unit.parents[node], ast.FormattedValue):
            continue  # a format itself
        if any(_is_formatted(value) for value in node.values):
            yield Hit(node, "TorchScript's f-strings have no formats")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """An f-string without formats, or str.format where a message needs one."""
    joined = hit.node
    assert isinstance(joined, ast.JoinedStr)
    values = [_plain(value, facts) for value in joined.values]
    left = [v for v in values if _is_formatted(v)]
    if any(len(_format(v)) > 1 or not _is_constant(_format(v)) for v in left):
        return Refusal("its format is computed")
    if left and not is_message(joined, facts.unit, facts.flow_at(joined)):
        return Refusal("compiled code has no formats, and would compute with another text")
    terms = list[str]()
    holes = dict[str, Hole]()
    for number, run in enumerate(_runs(values)):
        if not any(_is_formatted(v) for v in run):
            holes[f"text{number}"] = _quoted(ast.unparse(ast.JoinedStr(values=list(run))))
            terms.append(f"{{text{number}}}")
            continue
        holes[f"text{number}"] = _quoted(repr("".join(_as_format(v) for v in run)))
        given = [v.value for v in run if isinstance(v, ast.FormattedValue)]
        parts = {f"value{number}_{n}": ast.unparse(value) for n, value in enumerate(given)}
        holes |= parts
        terms.append(f"{{text{number}}}.format({', '.join(f'{{{p}}}' for p in parts)})")
    return Change("format without an f-string", (replace(joined, " + ".join(terms), **holes),))


def _is_formatted(value: ast.expr) -> bool:
    if not isinstance(value, ast.FormattedValue):
        return False
    return value.format_spec is not None or value.conversion != -1


def _format(value: ast.expr) -> Sequence[ast.expr]:
    spec = value.format_spec if isinstance(value, ast.FormattedValue) else None
    return spec.values if isinstance(spec, ast.JoinedStr) else ()


def _is_constant(parts: Sequence[ast.expr]) -> bool:
    return all(isinstance(part, ast.Constant) for part in parts)


def _plain(value: ast.expr, facts: Facts) -> ast.expr:
    """A value without the format that changes nothing of it."""
    if not isinstance(value, ast.FormattedValue) or not _is_formatted(value):
        return value
    type_, parts = facts.types.of(value.value), _format(value)
    spec = "".join(str(p.value) for p in parts if isinstance(p, ast.Constant))
    told = type_ in _NUMBERS or (type_ == "str" and value.conversion == 115)
    if value.conversion == -1 and _is_constant(parts) and (type_, spec) in _NOTHING:
        return ast.FormattedValue(value.value, -1, None)
    if value.conversion != -1 and not parts and told:
        return ast.FormattedValue(value.value, -1, None)
    if value.conversion == 115 and not parts:  # `!s` is what str() makes of it
        text = ast.Call(ast.Name("str", ast.Load()), [value.value], [])
        return ast.FormattedValue(text, -1, None)
    return value


def _runs(values: Sequence[ast.expr]) -> Iterator[list[ast.expr]]:
    """Values with a format apart from those without: compiled code fills the latter in order."""
    run: list[ast.expr] = []
    kind: bool | None = None
    for value in values:
        if isinstance(value, ast.FormattedValue):
            if kind is not None and kind != _is_formatted(value):
                yield run
                run = []
            kind = _is_formatted(value)
        run.append(value)
    if run:
        yield run


def _as_format(value: ast.expr) -> str:
    """A part of the text as str.format reads it."""
    if isinstance(value, ast.Constant):
        return str(value.value).replace("{", "{{").replace("}", "}}")
    assert isinstance(value, ast.FormattedValue)
    spec = "".join(str(p.value) for p in _format(value) if isinstance(p, ast.Constant))
    return f"{{{_CONVERSIONS[value.conversion]}{':' if spec else ''}{spec}}}"


def _quoted(literal: str) -> str:
    """A string in double quotes where that needs no escapes."""
    start = 1 if literal.startswith("f") else 0
    inner = literal[start + 1 : -1]
    if literal[start] == "'" and not any(c in inner for c in "\"'\\"):
        return f'{literal[:start]}"{inner}"'
    return literal
