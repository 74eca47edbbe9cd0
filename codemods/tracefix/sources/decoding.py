"""A file's bytes as text and back, without losing one: PEP 263, the byte order mark, newlines."""

from __future__ import annotations

import codecs
import hashlib
import tokenize
from pathlib import Path

from tracefix.model import Source


class Undecodable(Exception):
    """The bytes are not Python source text; the message says why."""


def decode(data: bytes, path: str, file: Path) -> Source:
    """The source that `data` holds; newlines stay as they are, and the BOM becomes a flag."""
    encoding, bom = declared_encoding(data)
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = body.decode(encoding)
        faithful = text.encode(encoding) == body
    except UnicodeError as error:
        raise Undecodable(f"not {encoding}: {error}") from error
    if not faithful:  # a codec that reads two spellings of one text, utf-7 for one
        raise Undecodable(f"{encoding} text that would not be written back as it is")
    return Source(path, text, digest(data), encoding, bom, file)


def encode(source: Source, text: str) -> bytes:
    """The bytes of `text`, written as `source` was.

    Raises Undecodable where the encoding has no such character, or where the text no longer
    declares that encoding in its first two lines.
    """
    mark = codecs.BOM_UTF8 if source.bom else b""
    try:
        data = mark + text.encode(source.encoding)
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise Undecodable(f"{source.encoding} cannot hold {character!r}") from error
    if declared_encoding(data) != (source.encoding, source.bom):
        raise Undecodable(f"the text would no longer declare its encoding, {source.encoding}")
    return data


def digest(data: bytes) -> str:
    """What Source.digest holds for a file of these bytes."""
    return hashlib.sha256(data).hexdigest()


def cause_of(error: Exception) -> str:
    """What went wrong, in the system's words, without the path that the line names already."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error)


def declared_encoding(data: bytes) -> tuple[str, bool]:
    """The encoding by PEP 263 (utf-8 where none is declared), and whether a BOM is there."""
    # bytes.splitlines ends a line at a lone CR, as Python's tokenizer does and readline does not.
    first_lines = iter(data[:4096].splitlines(keepends=True)[:2])
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(first_lines, b""))
    except SyntaxError as error:
        raise Undecodable(str(error)) from error
    if not data.startswith(codecs.BOM_UTF8):
        return encoding, False
    return "utf-8", True
