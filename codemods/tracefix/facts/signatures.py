"""The signature of a function: as the file has it, and as one would write it anew."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator

from tracefix.facts.types import default_of
from tracefix.facts.unit import FunctionNode, Unit


def header_text(function: FunctionNode, unit: Unit) -> str:
    """What stands between a function's name and its body: "(self, x=1):", comments and all."""
    source = unit.source
    begin = source.offset(function.lineno, function.col_offset)
    text = source.text[begin : unit.span(function).end]
    depth, opened = 0, 0
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.start
        at = sum(len(line) for line in lines[: row - 1]) + column
        if token.type == tokenize.OP and token.string in "([{":
            opened = opened or at
            depth += 1
        elif token.type == tokenize.OP and token.string in ")]}":
            depth -= 1
        elif token.string == ":" and depth == 0:
            return text[opened : at + 1]
    raise ValueError(f"{function.name} has no body")


def header_written(function: FunctionNode) -> str:
    """The same on one line, spaced as black has it."""
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"({', '.join(_parameters(function))}){returns}:"


def _parameters(function: FunctionNode) -> Iterator[str]:
    args = function.args
    for parameter in args.posonlyargs:
        yield parameter_written(function, parameter)
    if args.posonlyargs:
        yield "/"
    for parameter in args.args:
        yield parameter_written(function, parameter)
    if args.vararg or args.kwonlyargs:
        yield f"*{ast.unparse(args.vararg) if args.vararg else ''}"
    for parameter in args.kwonlyargs:
        yield parameter_written(function, parameter)
    if args.kwarg:
        yield f"**{ast.unparse(args.kwarg)}"


def parameter_written(function: FunctionNode, parameter: ast.arg) -> str:
    """A parameter with its annotation and default, spaced as black has it."""
    default = default_of(function, parameter)
    if default is None:
        return ast.unparse(parameter)
    equal = " = " if parameter.annotation else "="
    return f"{ast.unparse(parameter)}{equal}{ast.unparse(default)}"
