"""What is pointed at for a statement: of one that holds a block, its head alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts.unit import Unit
from tracefix.model import Span

_NAMED = re.compile(r"(?:async\s+)?(?:def|class)\s+\w+")


def heading(node: ast.AST, unit: Unit) -> Span:
    """The characters to mark for a node: all of an expression, of a block what stands before it.

    An editor would underline the whole function for a finding about its signature, and offer what
    can be done about that at every line of it.
    """
    span = unit.span(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        start = unit.source.offset(node.lineno, node.col_offset)  # below its decorators
        named = _NAMED.match(unit.source.text, start)
        span = Span(start, span.end if named is None else named.end())
        if named is None or isinstance(node, ast.ClassDef):
            return span
        return Span(start, max([span.end, *(unit.span(part).end for part in _signature(node))]))
    if isinstance(node, ast.For | ast.AsyncFor):
        return Span(span.start, unit.span(node.iter).end)
    if isinstance(node, ast.While | ast.If):
        return Span(span.start, unit.span(node.test).end)
    if isinstance(node, ast.With | ast.AsyncWith):
        last = node.items[-1]
        return Span(span.start, unit.span(last.optional_vars or last.context_expr).end)
    if isinstance(node, ast.Match):
        return Span(span.start, unit.span(node.subject).end)
    if isinstance(node, ast.Try):
        return Span(span.start, span.start + len("try"))
    return span


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr | ast.arg]:
    """The parameters, their defaults, and what is returned."""
    given = function.args
    yield from (*given.posonlyargs, *given.args, *given.kwonlyargs)
    yield from (one for one in (given.vararg, given.kwarg, function.returns) if one is not None)
    yield from (one for one in (*given.defaults, *given.kw_defaults) if one is not None)
