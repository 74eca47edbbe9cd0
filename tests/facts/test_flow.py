"""Reaching definitions: which assignment a read may see."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tracefix.facts.flow import UNBOUND, flow_of
from tracefix.facts.unit import FunctionNode, Unit
from tracefix.model import Source


def _seen_at_the_end(body: str) -> set[int | str]:
    """The lines of the definitions that reach the last read of y; "unbound" where none may."""
    text = "def f(x, c):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
    unit = Unit.parse(Source.of(text))
    function = unit.tree.body[0]
    assert isinstance(function, FunctionNode)
    flow = flow_of(function, unit)
    last = max((n for n in flow.reads if n.id == "y"), key=lambda n: (n.lineno, n.col_offset))
    return {"unbound" if d is UNBOUND else _line(d) for d in flow.reads[last]}


def _line(node: ast.AST) -> int:
    return int(node.lineno) - 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("y = x\nreturn y", {1}),
        ("y = x\ny = y + 1\nreturn y", {2}),
        ("if c:\n  y = x\nreturn y", {2, "unbound"}),
        ("if c:\n  y = x\nelse:\n  y = 1\nreturn y", {2, 4}),
        ("if c:\n  y = x\nelse:\n  raise ValueError\nreturn y", {2}),
        ("if c:\n  y = x\nelse:\n  assert False, 'no'\nreturn y", {2}),
        ("for y in x:\n  pass\nreturn y", {1, "unbound"}),
        ("for i in x:\n  y = i\nelse:\n  y = 0\nreturn y", {4}),
        ("for i in x:\n  y = i\n  break\nelse:\n  y = 0\nreturn y", {2, 5}),
        ("while True:\n  y = x\n  if c:\n    break\nreturn y", {2}),
        ("y = 0\nwhile c:\n  y = y + 1\nreturn y", {1, 3}),
        ("y = 0\nfor i in x:\n  if c:\n    continue\n  y = 1\nreturn y", {1, 5}),
        ("y = 0\ntry:\n  y = f(x)\nexcept ValueError:\n  pass\nreturn y", {1, 3}),
        ("y = 0\nwith c:\n  y = 1\nreturn y", {3}),
        ("y = 0\ny += 1\nreturn y", {2}),
        ("y = 0\nz = [y for y in x]\nreturn y", {1}),
        ("y = x\ndel y\nreturn y", {"unbound"}),
        ("match x:\n  case 1:\n    y = 1\nreturn y", {3, "unbound"}),
    ],
)  # fmt: skip
def test_definitions_that_reach_the_last_read(body: str, lines: set[int | str]) -> None:
    assert _seen_at_the_end(body) == lines


def test_a_loop_body_reads_what_its_last_round_gave() -> None:
    assert _seen_at_the_end("for i in x:\n  if c:\n    x = y\n  y = i") == {4, "unbound"}
