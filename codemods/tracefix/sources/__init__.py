"""From paths to Sources, and from new text back to files."""

from __future__ import annotations

from tracefix.sources.decoding import Undecodable, decode, encode
from tracefix.sources.discovery import BadPath, Found, discover, must_exist, names_torch, path_from
from tracefix.sources.project import find_root, located
from tracefix.sources.writing import Unwritable, write, write_together

__all__ = [
    "BadPath",
    "Found",
    "Undecodable",
    "Unwritable",
    "decode",
    "discover",
    "encode",
    "find_root",
    "located",
    "must_exist",
    "names_torch",
    "path_from",
    "write",
    "write_together",
]
