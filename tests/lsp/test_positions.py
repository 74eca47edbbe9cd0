"""Offsets and the protocol's positions, in every encoding."""

from __future__ import annotations

import pytest
from lsprotocol import types

from lsp.editing import applied
from tracefix.lsp.positions import offset, position, range_of
from tracefix.model import Source, Span

UTF8, UTF16, UTF32 = (
    types.PositionEncodingKind.Utf8,
    types.PositionEncodingKind.Utf16,
    types.PositionEncodingKind.Utf32,
)
TEXT = 'a = 1\r\nb = "🎉é\u2028\x0cx"\rc\n\nd = "\U0001d538"'


@pytest.mark.parametrize(("encoding", "column"), [(UTF8, 11), (UTF16, 8), (UTF32, 7)])
def test_a_column_counts_what_was_agreed_on(encoding: str, column: int) -> None:
    source = Source.of(TEXT)
    assert position(source, TEXT.index("\u2028"), encoding) == types.Position(1, column)


@pytest.mark.parametrize("encoding", [UTF8, UTF16, UTF32])
def test_every_offset_comes_back(encoding: str) -> None:
    source = Source.of(TEXT)
    for at in range(len(TEXT) + 1):
        there = offset(source, position(source, at, encoding), encoding)
        assert there == at or TEXT[there : at + 1] == "\r\n"  # within an ending is before it


@pytest.mark.parametrize("encoding", [UTF8, UTF16, UTF32])
def test_a_client_puts_an_edit_where_it_was_meant(encoding: str) -> None:
    source = Source.of(TEXT)
    span = Span(TEXT.index("x"), TEXT.index("c"))
    edit = types.TextEdit(range_of(source, span, encoding), "y")
    assert applied(TEXT, [edit], encoding) == TEXT[: span.start] + "y" + TEXT[span.end :]


def test_positions_outside_of_the_text_are_its_ends() -> None:
    source = Source.of(TEXT)
    assert offset(source, types.Position(0, 99), UTF16) == len("a = 1")
    assert offset(source, types.Position(99, 0), UTF16) == len(TEXT)
    within_the_pair = types.Position(4, 6)
    assert offset(source, within_the_pair, UTF16) == TEXT.index("\U0001d538")


def test_a_byte_order_mark_counts_for_the_client_alone() -> None:
    source = Source("m.py", "import torch\nx", bom=True)
    assert position(source, 7, UTF16) == types.Position(0, 8)
    assert offset(source, types.Position(0, 8), UTF16) == 7
    assert offset(source, types.Position(0, 0), UTF16) == 0
    assert position(source, 13, UTF16) == types.Position(1, 0)
