"""Between offsets into a Source and the protocol's positions.

A client counts UTF-16 code units, or UTF-8 bytes or characters where both sides agreed on that.
Lines end as Source has them, which is also how the protocol does: a form feed ends none.
"""

from __future__ import annotations

from lsprotocol import types

from tracefix.model import Source, Span

Encoding = types.PositionEncodingKind | str


def position(source: Source, offset: int, encoding: Encoding) -> types.Position:
    """Where an offset lies; one within a line's ending lies before it."""
    place = source.place(offset)
    head = source.line(place.line)[: place.column]
    return types.Position(place.line - 1, _units(_mark(source, place.line) + head, encoding))


def offset(source: Source, position: types.Position, encoding: Encoding) -> int:
    """The offset of a position; past a line's end it is the end, past the text its end."""
    if position.line >= len(source.line_starts):
        return len(source.text)
    text, mark = source.line(position.line + 1), _mark(source, position.line + 1)
    column = _characters(mark + text, position.character, encoding) - len(mark)
    return source.line_starts[position.line] + max(0, column)


def range_of(source: Source, span: Span, encoding: Encoding) -> types.Range:
    """The range of a span."""
    ends = (position(source, offset, encoding) for offset in (span.start, span.end))
    return types.Range(*ends)


def span_of(source: Source, range_: types.Range, encoding: Encoding) -> Span:
    """The span of a range."""
    return Span(offset(source, range_.start, encoding), offset(source, range_.end, encoding))


def _mark(source: Source, line: int) -> str:
    """A byte order mark that a buffer begins with: the client counts it, Source.text lacks it."""
    return "\ufeff" if source.bom and line == 1 else ""


def _units(text: str, encoding: Encoding) -> int:
    if text.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _characters(text: str, units: int, encoding: Encoding) -> int:
    """How many whole characters of `text` lie in its first `units`."""
    count = 0
    for number, character in enumerate(text):
        count += _units(character, encoding)
        if count > units:
            return number
    return len(text)
