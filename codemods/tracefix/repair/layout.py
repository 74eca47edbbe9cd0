"""black on a rewritten file, only where black would have left the original alone."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tracefix.repair.workspace import Version, Workspace

if TYPE_CHECKING:
    import black

_ENOUGH_LINES = 100


def written(workspace: Workspace, version: Version) -> dict[str, str]:
    """The changed files of a version as they would be written, by path."""
    return {
        path: formatted(workspace.sources[path].text, text, workspace.sources[path].file)
        for path, text in version.changed(workspace.original).items()
    }


@lru_cache(maxsize=256)
def formatted(before: str, after: str, file: Path) -> str:
    """`after` as black writes it with the project's settings, if `before` was so already."""
    import black  # takes 0.3 s to import, and is needed for changed files only

    try:
        mode = _mode(file)
        beginning = _beginning(before)  # most files of another style are so from the start
        if black.format_str(beginning, mode=mode) != beginning:
            return after
        if black.format_str(before, mode=mode) != before:
            return after
        return black.format_str(after, mode=mode)
    except ValueError:  # what black cannot read keeps its layout
        return after


def _beginning(text: str) -> str:
    """The first statements of a file: the imports and what follows, up to some hundred lines."""
    ends = [statement.end_lineno or 0 for statement in ast.parse(text).body]
    last = next((end for end in ends if end >= _ENOUGH_LINES), len(text))
    return "".join(text.splitlines(keepends=True)[:last])


def _mode(file: Path) -> black.Mode:
    """The settings of the project that a file lies in. Raises ValueError for bad ones."""
    import black
    from black.files import find_pyproject_toml, parse_pyproject_toml

    config = find_pyproject_toml((str(file.parent),))
    settings = parse_pyproject_toml(config) if config is not None else {}
    default = black.Mode()
    return black.Mode(
        line_length=int(settings.get("line_length", default.line_length)),
        string_normalization=not settings.get("skip_string_normalization", False),
        magic_trailing_comma=not settings.get("skip_magic_trailing_comma", False),
        preview=bool(settings.get("preview", False)),
    )
