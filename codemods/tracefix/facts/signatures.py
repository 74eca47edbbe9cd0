"""A function's signature and body: as the file has them, and as one would write them anew."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping

from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import FunctionNode, Unit


def header_text(function: FunctionNode, unit: Unit) -> str:
    """What stands between a function's name and its body: "(self, x=1):", comments and all.

    Its further lines are as far to the left as the function would be without a block around it.
    """
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
            return text[opened : at + 1].replace("\n" + " " * function.col_offset, "\n")
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


def body_written(function: FunctionNode, unit: Unit, instead: Mapping[str, str]) -> str:
    """The lines below a function's docstring for a function at module level, with other names."""
    source = unit.source
    documented = ast.get_docstring(function, clean=False) is not None
    first = function.body[1 if documented and len(function.body) > 1 else 0].lineno
    start = source.line_starts[first - 1]
    text = source.text[start : unit.span(function.body[-1]).end]
    names = (n for statement in function.body for n in walk(statement) if isinstance(n, ast.Name))
    read = [name for name in names if name.id in instead]
    for name in sorted(read, key=unit.span, reverse=True):
        span = unit.span(name)
        text = text[: span.start - start] + instead[name.id] + text[span.end - start :]
    within = _lines_of_strings(function)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        indent = line[: function.col_offset]
        if first + number not in within and not indent.strip():
            lines[number] = line[len(indent) :]
    return "\n".join([*lines, ""])


def _lines_of_strings(function: FunctionNode) -> set[int]:
    """The lines that begin inside of a string."""
    strings = (n for n in walk(function) if isinstance(n, ast.Constant | ast.JoinedStr))
    return {n for s in strings for n in range(s.lineno + 1, (s.end_lineno or s.lineno) + 1)}
