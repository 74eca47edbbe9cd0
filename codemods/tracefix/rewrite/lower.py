"""From a declared change to the smallest text edits of the file."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence

from tracefix.facts.unit import Unit
from tracefix.model import Source, Span, TextEdit
from tracefix.rewrite.change import Change, Edit
from tracefix.rewrite.imports import import_edits
from tracefix.rewrite.locate import Fragment
from tracefix.rewrite.transform import transform


def lower(change: Change, unit: Unit) -> tuple[TextEdit, ...]:
    """The text edits of a change, in text order; what they do not touch stays byte for byte.

    Raises Conflict where its edits exclude each other, NotLocated where a node is not of `unit`.
    """
    groups: dict[ast.stmt, list[Edit]] = {}
    for edit in change.edits:
        groups.setdefault(unit.top_level(edit.node), []).append(edit)
    edits = list(import_edits(change.imports, unit))
    for statement, group in groups.items():
        fragment = Fragment.around(unit, statement)
        after = transform(fragment, group)
        differences = difference(fragment.parse.code, after.code, fragment.start)
        edits.extend(_above_comments(d, fragment.start, unit.source) for d in differences)
    return tuple(sorted(edits, key=lambda e: e.span))


def apply(text: str, edits: Sequence[TextEdit]) -> str:
    """`text` with non-overlapping edits carried out."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda e: e.span):
        if edit.span.start < at:
            raise ValueError("text edits overlap")
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join([*parts, text[at:]])


def difference(before: str, after: str, start: int = 0) -> Iterator[TextEdit]:
    """The edits that turn one text into the other: changed lines, trimmed to what differs.

    `start` is where `before` begins in the text that they are edits of.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    offsets = [0]
    for line in old:
        offsets.append(offsets[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        removed, added = "".join(old[i:j]), "".join(new[k:m])
        head = _common_prefix(removed, added)
        tail = _common_prefix(removed[head:][::-1], added[head:][::-1])
        span = Span(start + offsets[i] + head, start + offsets[j] - tail)
        yield TextEdit(span, added[head : len(added) - tail])


def _above_comments(edit: TextEdit, start: int, source: Source) -> TextEdit:
    """What is put in front of a top-level statement goes above the comments that belong to it."""
    if edit.span != Span(start, start):
        return edit
    line = source.place(start).line
    while line > 1 and source.line(line - 1).startswith("#"):
        line -= 1
    at = source.line_starts[line - 1]
    return TextEdit(Span(at, at), edit.text)


def _common_prefix(left: str, right: str) -> int:
    length = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        length += 1
    return length
