"""Where a file's statements and comments lie, by Python's tokenizer: no parse is needed.

A statement here is a logical line: a simple statement, several with semicolons, or the head of a
compound one, on one physical line or more.
"""

from __future__ import annotations

import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracefix.model import Source

_BETWEEN = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})


@dataclass(frozen=True)
class Statement:
    """A logical line: its physical lines from 1, and the column at which it starts."""

    first: int
    last: int
    column: int


@dataclass(frozen=True)
class Comment:
    """A comment as it is written, from its "#" to the end of its line."""

    text: str
    start: int  # offset in the source's text
    line: int
    column: int
    stands_alone: bool  # nothing is before it on its line, and no bracket is open around it

    def is_above(self, statement: Statement) -> bool:
        """Whether it stands on a line of its own above a statement."""
        return self.line < statement.first


@dataclass
class Layout:
    """The statements and comments of a file in the order of the text."""

    statements: list[Statement] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    ends: set[int] = field(default_factory=set)  # lines at whose end a comment can be put

    def statement_on(self, line: int) -> Statement | None:
        """The statement that has a physical line, if one has."""
        index = bisect_right(self.statements, line, key=lambda s: s.first) - 1
        if index < 0 or self.statements[index].last < line:
            return None
        return self.statements[index]

    def statement_of(self, comment: Comment) -> Statement | None:
        """The statement on whose lines a comment stands, or the next one below in its column."""
        if not comment.stands_alone:
            return self.statement_on(comment.line)
        index = bisect_right(self.statements, comment.line, key=lambda s: s.first)
        below = self.statements[index] if index < len(self.statements) else None
        return below if below is not None and below.column == comment.column else None

    def line_for_comment(self, line: int) -> int:
        """The first line from `line` on, in its statement, that can end with a comment.

        Where a string or a backslash runs over a line's end, none can be put there.
        """
        statement = self.statement_on(line)
        if statement is None:
            return line
        safe = (one for one in range(line, statement.last + 1) if one in self.ends)
        return next(safe, statement.last)


def layout_of(source: Source) -> Layout:
    """The statements and comments of a source, as far as it can be tokenized."""
    layout = Layout()
    first: tokenize.TokenInfo | None = None  # of the statement that is not over yet
    strings = 0  # f-strings around; the lines inside of one are the string's
    for token in _tokens(source):
        name = tokenize.tok_name[token.type]
        strings += (name in ("FSTRING_START", "TSTRING_START")) - (
            name in ("FSTRING_END", "TSTRING_END")
        )
        if token.type == tokenize.COMMENT:
            layout.comments.append(_comment(token, source, alone=first is None))
        elif token.type == tokenize.NEWLINE and first is not None:
            layout.statements.append(Statement(first.start[0], token.start[0], first.start[1]))
            first = None
        elif first is None and token.type not in _BETWEEN:
            first = token
        if token.type in (tokenize.NEWLINE, tokenize.NL) and not strings:
            layout.ends.add(token.start[0])
    return layout


def _comment(token: tokenize.TokenInfo, source: Source, alone: bool) -> Comment:
    line, column = token.start
    return Comment(token.string, source.line_starts[line - 1] + column, line, column, alone)


def _tokens(source: Source) -> Iterator[tokenize.TokenInfo]:
    """The tokens up to the first fault; lines are counted, and ended, as Source has them."""
    lines = (source.line(number) + "\n" for number in range(1, len(source.line_starts) + 1))
    try:
        yield from tokenize.generate_tokens(lambda: next(lines, ""))
    except (tokenize.TokenError, SyntaxError):
        return
