"""A Plan as a patch that `git apply` and `patch -p1` take, to the byte."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from tracefix.model import FilePlan, Plan, Source
from tracefix.report.view import View

_STYLES = {"+": ("green",), "-": ("red",), "@": ("cyan",)}
_NO_NEWLINE = "\\ No newline at end of file\n"
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def unified_diff(plan: Plan, view: View) -> str:
    """What the plan changes, file by file, with paths from the folder that it is seen from.

    A file's lines stand in its own encoding: where that is not UTF-8 their bytes are carried
    as surrogates, so that `text.encode("utf-8", "surrogateescape")` is the patch.
    """
    return "".join(line for file in plan.files if file.changed for line in _lines(file, view))


def _lines(file: FilePlan, view: View) -> Iterator[str]:
    path = view.path(file.source.path)
    yield view.paint(f"--- {_quoted('a/' + path)}\n", "bold")
    yield view.paint(f"+++ {_quoted('b/' + path)}\n", "bold")
    before, after = (_split(file.source, text) for text in (file.source.text, file.after))
    hunks = difflib.unified_diff(before, after)
    next(hunks), next(hunks)  # difflib's own two header lines
    for line in hunks:
        styles = _STYLES.get(line[0], ())
        if line.endswith("\n"):
            yield view.paint(line, *styles)
        else:
            yield view.paint(line + "\n", *styles) + _NO_NEWLINE


def _split(source: Source, text: str) -> list[str]:
    """The lines as git counts them: only a line feed ends one."""
    data = (("\ufeff" if source.bom else "") + text).encode(source.encoding)
    return re.findall(r"[^\n]*\n|[^\n]+", data.decode("utf-8", "surrogateescape"))


def _quoted(path: str) -> str:
    """A path as git writes it in a patch's header."""
    if any(character in _ESCAPES for character in path):
        return '"' + "".join(_ESCAPES.get(character, character) for character in path) + '"'
    return path + "\t" if " " in path else path  # the tab says where a name with spaces ends
