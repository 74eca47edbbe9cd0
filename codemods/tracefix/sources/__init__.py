"""From paths to Sources, and from new text back to files."""

from __future__ import annotations

from tracefix.sources.decoding import Undecodable, decode, encode
from tracefix.sources.discovery import (
    BadPath,
    Found,
    discover,
    is_excluded,
    must_exist,
    names_torch,
    path_from,
)
from tracefix.sources.project import find_root, located
from tracefix.sources.snippets import snippets
from tracefix.sources.suppressions import (
    Suppression,
    Suppressions,
    adding,
    removing,
    suppressions_of,
)
from tracefix.sources.writing import Unwritable, write, write_together

__all__ = [
    "BadPath",
    "Found",
    "Suppression",
    "Suppressions",
    "Undecodable",
    "Unwritable",
    "adding",
    "decode",
    "discover",
    "encode",
    "find_root",
    "is_excluded",
    "located",
    "must_exist",
    "names_torch",
    "path_from",
    "removing",
    "snippets",
    "suppressions_of",
    "write",
    "write_together",
]
