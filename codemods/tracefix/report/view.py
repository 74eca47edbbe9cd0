"""Who reads a report, and from where: the folder, the width and the colours of a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracefix.model import Place

_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True)
class View:
    """What a report is made for; `root` is the folder that a Plan's paths count from."""

    root: Path
    cwd: Path
    width: int = 80
    colour: bool = False
    verbose: bool = False

    def path(self, path: str) -> str:
        """A Plan's path as one can open it from `cwd`, with forward slashes.

        A file outside of `cwd` keeps the path from the root: `git apply` takes no `..`.
        """
        file = self.root / path
        return file.relative_to(self.cwd).as_posix() if file.is_relative_to(self.cwd) else path

    def place(self, place: Place) -> str:
        """`path:line:column`, as editors and terminals link it."""
        return str(Place(self.path(place.path), place.line, place.column))

    def paint(self, text: str, *styles: str) -> str:
        """`text` in colour, where there is any."""
        if not self.colour or not styles:
            return text
        codes = ";".join(_CODES[style] for style in styles)
        line, newline = (text[:-1], "\n") if text.endswith("\n") else (text, "")
        return f"\x1b[{codes}m{line}\x1b[0m{newline}"
