"""Use a parameter as a tensor that may be None: `x + mask` with `mask=None`.

What it does
    Asserts that it is not None in front of the statement that uses it, where eager Python raises
    too if it is. So it does for a variable that starts as None and gets its value in a loop.

Why TorchScript rejects it
    An Optional has no operations: "Expected a value of type 'Tensor' for argument 'other' but
    instead found type 'Optional[Tensor]'". Behind the assert it is a plain Tensor.

Example
    from typing import Optional

    from torch import Tensor, nn


    class Masked(nn.Module):
        def __init__(self, masked: bool):
            super().__init__()
            self.masked = masked

        def forward(self, x, mask: Optional[Tensor] = None):
            if self.masked:
                x = x * mask
            return x

Use instead
    from typing import Optional

    from torch import Tensor, nn


    class Masked(nn.Module):
        def __init__(self, masked: bool):
            super().__init__()
            self.masked = masked

        def forward(self, x, mask: Optional[Tensor] = None):
            if self.masked:
                assert mask is not None
                x = x * mask
            return x

When it is refused
    Where no statement can be put in front. Places that take None, or are not known to raise, are
    passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.none_raises import raises, raising_names
from tracefix.facts.tree import children, walk
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, before
from tracefix.rules import Rule

RULE = Rule(
    slug="maybe-none-used",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # what is raised is another exception
    answers=(r"Optional\[",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first statement that uses an Optional, in functions that nowhere ask if it is None."""
    seen: set[tuple[ast.AST | None, str]] = set()
    for statement in _statements(facts):
        function = facts.unit.function_of(statement)
        names = [n for n in _used(statement, facts) if (function, n) not in seen]
        asking = list(_settling(statement, function)) if names and function else []
        open_ = [n for n in names if not any(_asks(node, n, facts) for node in asking)]
        seen |= {(function, name) for name in open_}
        if open_:
            yield _hit(statement, open_)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """The statement at which torch has met an Optional."""
    place = outcome.place
    if place is None or place.path != facts.unit.path:
        return
    around = [s for s in _statements(facts) if _holds(s, place.line)]
    names = _used(around[-1], facts) if around else []
    if names:
        yield _hit(around[-1], names)


def _hit(statement: ast.stmt, names: list[str]) -> Hit:
    return Hit(statement, f"{' and '.join(names)} may be None here", names)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The asserts."""
    statement, names = hit.node, hit.detail
    assert isinstance(statement, ast.stmt)
    assert isinstance(names, list)
    if isinstance(statement, ast.If) and facts.unit.text(statement).startswith("elif"):
        return Refusal("it stands in an elif")
    lines = "\n".join(f"assert {name} is not None" for name in names)
    return Change("say that it is not None", (before(statement, lines),))


def _used(statement: ast.stmt, facts: Facts) -> list[str]:
    """The Optionals of a statement that make it raise where they are None."""
    found = (n.id for n in raising_names(statement, facts) if _may_be_none(n, facts))
    return list(dict.fromkeys(found))


def _may_be_none(name: ast.Name, facts: Facts) -> bool:
    """Whether a parameter, or a variable that was declared so, is an Optional here."""
    given = facts.flow_at(name).reads.get(name, frozenset())
    annotations = (_annotation(definition, facts) for definition in given)
    return any(
        annotation is not None and str(facts.types.annotation(annotation)).startswith("Optional[")
        for annotation in annotations
    )


def _annotation(definition: ast.AST, facts: Facts) -> ast.expr | None:
    if isinstance(definition, ast.arg):
        return definition.annotation
    statement = facts.unit.parents.get(definition)
    return statement.annotation if isinstance(statement, ast.AnnAssign) else None


def _settling(statement: ast.stmt, function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function whose questions may hold for a statement.

    What is asked within a loop does not hold behind it.
    """
    for node in children(function):
        passed = isinstance(node, ast.For | ast.While) and statement not in walk(node)
        if not passed:
            yield node
            yield from _settling(statement, node)


def _asks(node: ast.AST, name: str, facts: Facts) -> bool:
    if isinstance(node, ast.Compare):
        return isinstance(node.ops[0], ast.Is | ast.IsNot) and _is_name(node.left, name)
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        return _is_name(node.test, name)
    if isinstance(node, ast.BoolOp):
        return any(_is_name(value, name) for value in node.values)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and _is_name(node.operand, name)
    # `exists(mask)`; a function that raises for None asks nothing.
    given = node.args[:1] if isinstance(node, ast.Call) else []
    return any(isinstance(a, ast.Name) and a.id == name and not raises(a, facts) for a in given)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _statements(facts: Facts) -> list[ast.stmt]:
    """The statements of what forward reaches, in text order: an inner one behind those around it."""
    found = (s for s in facts.in_forward(ast.stmt) if isinstance(s, ast.stmt))
    return sorted(found, key=lambda s: (s.lineno, s.col_offset))


def _holds(statement: ast.stmt, line: int) -> bool:
    return statement.lineno <= line <= (statement.end_lineno or statement.lineno)
