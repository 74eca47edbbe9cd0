"""Comments and blank lines of statements: what was written above, beside and inside stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import libcst as cst

Body = Sequence[cst.BaseStatement]
_TWO_BLANK_LINES = (cst.EmptyLine(indent=False), cst.EmptyLine(indent=False))


def apart(statement: cst.BaseStatement) -> cst.BaseStatement:
    """The statement below two blank lines, as definitions of a module's body stand."""
    return with_leading(statement, _TWO_BLANK_LINES)


def above_definition(made: Body, definition: Body) -> list[cst.BaseStatement]:
    """Statements above a method, which keeps its comments and stands apart by a blank line."""
    lines = list(leading(definition[0]))
    cut = next((n for n, line in enumerate(lines) if line.comment), len(lines))
    own = lines[cut:]
    return [
        made[0].with_changes(leading_lines=lines[:cut]),
        *made[1:],
        definition[0].with_changes(leading_lines=[cst.EmptyLine(indent=False), *own]),
        *definition[1:],
    ]


def leading(statement: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    """The blank lines and comments above a statement."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return lines


def with_leading(
    statement: cst.BaseStatement, lines: Sequence[cst.EmptyLine], *, last: bool = False
) -> cst.BaseStatement:
    """The statement with more lines above it: in front of its own, or behind them."""
    own = leading(statement)
    return statement.with_changes(leading_lines=[*own, *lines] if last else [*lines, *own])


def without_blank_lines(
    statement: cst.BaseStatement,
) -> tuple[list[cst.EmptyLine], cst.BaseStatement]:
    """The blank lines above a statement's comments, and the statement without them."""
    lines = list(leading(statement))
    cut = next((n for n, line in enumerate(lines) if line.comment), len(lines))
    return lines[:cut], statement.with_changes(leading_lines=lines[cut:])


def with_lost_comments(
    original: cst.BaseStatement, made: list[cst.BaseStatement]
) -> list[cst.BaseStatement]:
    """The statements made of one, with its comments that none of them has above the first."""
    if not counted(original) - sum((counted(statement) for statement in made), Counter()):
        return made
    lost = Counter(comments(original)) - Counter(c for s in made for c in comments(s))
    lines = [cst.EmptyLine(comment=cst.Comment(c)) for c in lost.elements()]
    return [with_leading(made[0], lines, last=True), *made[1:]] if lines else made


def comments(node: cst.CSTNode) -> Iterator[str]:
    """The text of every comment in a node, in order."""
    if isinstance(node, cst.Comment):
        yield node.value
    for child in node.children:
        yield from comments(child)


@lru_cache(maxsize=4096)  # the nodes of a parse stay the same from version to version
def counted(node: cst.CSTNode) -> Counter[str]:
    """A node's comments in no order, from its fields: to look through `children` is far slower."""
    if isinstance(node, cst.Comment):
        return Counter([node.value])
    found: Counter[str] = Counter()
    for name in type(node).__dataclass_fields__:
        value = getattr(node, name)
        for part in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(part, cst.CSTNode):
                found += counted.__wrapped__(part)
    return found


def comment_lines(statement: cst.BaseStatement) -> list[cst.EmptyLine]:
    """All comments of a statement, each on a line of its own."""
    return [cst.EmptyLine(comment=cst.Comment(c)) for c in comments(statement)]
