"""What a decorator did becomes a block of the function's own body."""

from __future__ import annotations

import libcst as cst


def moved_into(function: cst.FunctionDef, decorator: int, block: cst.With) -> cst.FunctionDef:
    """Without one decorator, and with all of its body but the docstring in `block`.

    The comments above the decorator stay above what follows it.
    """
    body = function.body
    if not isinstance(body, cst.IndentedBlock):
        body = cst.IndentedBlock([cst.SimpleStatementLine(function.body.body)])  # type: ignore[arg-type]
    first = 1 if function.get_docstring() is not None else 0
    inner = cst.IndentedBlock(body.body[first:], footer=body.footer)
    outer = body.with_changes(body=[*body.body[:first], block.with_changes(body=inner)], footer=[])
    return without(function, decorator).with_changes(body=outer)


def without(function: cst.FunctionDef, at: int) -> cst.FunctionDef:
    """The function without one decorator, whose comments go to the next one or to the function."""
    gone, rest = function.decorators[at], list(function.decorators)
    del rest[at]
    lines = [*gone.leading_lines]
    if gone.trailing_whitespace.comment is not None:
        lines.append(cst.EmptyLine(comment=gone.trailing_whitespace.comment))
    if at < len(rest):
        following = rest[at]
        rest[at] = following.with_changes(leading_lines=[*lines, *following.leading_lines])
        return function.with_changes(decorators=rest)
    if rest:
        after = [*lines, *function.lines_after_decorators]
        return function.with_changes(decorators=rest, lines_after_decorators=after)
    after = [*function.leading_lines, *lines, *function.lines_after_decorators]
    return function.with_changes(decorators=rest, leading_lines=after, lines_after_decorators=[])
