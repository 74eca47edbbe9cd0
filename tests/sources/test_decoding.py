"""Bytes to text and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracefix.sources import Undecodable, decode, encode


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (b"import torch\n", "utf-8", False),
        (b"", "utf-8", False),
        ("# café\nimport torch".encode(), "utf-8", False),
        (b"\xef\xbb\xbfimport torch\r\n", "utf-8", True),
        (b"\xef\xbb\xbf# coding: utf-8\rimport torch\r", "utf-8", True),
        (b"# -*- coding: latin-1 -*-\nname = '\xe9'\n", "iso-8859-1", False),
        (
            b"#!/usr/bin/python\r\n# vim: set fileencoding=cp1252 :\r\nprice = '\x80'\r\n",
            "cp1252",
            False,
        ),
        (b"# coding: shift_jis\nname = '\x83\x5c'\n", "shift_jis", False),
        (b"mixed = 1\r\nlines = 2\nends = 3\r\x0cpage = '\\\x0b'", "utf-8", False),
        ("separators = '\u2028\x85'\n".encode(), "utf-8", False),
    ],
)
def test_every_byte_comes_back(data: bytes, encoding: str, bom: bool) -> None:
    source = decode(data, "m.py", Path("m.py"))
    assert (source.encoding, source.bom) == (encoding, bom)
    assert encode(source, source.text) == data


def test_a_comment_after_a_lone_carriage_return_declares_nothing_beyond_line_two() -> None:
    # As one line, which readline would make of it, the third would declare latin-1.
    data = "# torch\rx = 1\r# coding: latin-1\rname = 'é'\r".encode()
    source = decode(data, "m.py", Path("m.py"))
    assert source.encoding == "utf-8"
    assert "'é'" in source.text


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"name = '\xe9'\n", "missing encoding declaration"),
        (b"x = 1\n" * 5 + b"name = '\xe9'\n", "not utf-8: .*0xe9"),
        (b"# coding: klingon\n", "unknown encoding: klingon"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem"),
        (b"# coding: utf-7\nx = '+AGE-'\n", "would not be written back"),
    ],
)
def test_what_is_not_text_is_refused_with_the_cause(data: bytes, cause: str) -> None:
    with pytest.raises(Undecodable, match=cause):
        decode(data, "m.py", Path("m.py"))


def test_a_character_that_the_encoding_lacks_is_refused() -> None:
    source = decode(b"# coding: latin-1\nx = 1\n", "m.py", Path("m.py"))
    with pytest.raises(Undecodable, match="iso-8859-1 cannot hold '→'"):
        encode(source, source.text + "# →\n")


def test_text_that_no_longer_declares_its_encoding_is_refused() -> None:
    source = decode(b"# coding: latin-1\nx = '\xe9'\n", "m.py", Path("m.py"))
    with pytest.raises(Undecodable):
        encode(source, "import torch\nimport math\n" + source.text)
    ascii_only = decode(b"# coding: latin-1\nx = 1\n", "m.py", Path("m.py"))
    with pytest.raises(Undecodable, match="no longer declare"):
        encode(ascii_only, "import torch\nimport math\n" + ascii_only.text)
