"""A project with some of its files replaced, laid out in a folder of its own."""

from __future__ import annotations

import codecs
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tracefix.model import Source

_LEFT_OUT = {"__pycache__", ".git"}  # compiled files might be taken for those of our texts


class Tree:
    """A copy of the project that shares every file but those written.

    Folders on the way to a written file are real; all else are links to the project.
    """

    def __init__(self, folder: Path, project: Path, sources: Mapping[str, Source]) -> None:
        self.folder = folder
        self._project = project
        self._sources = sources
        self._written: dict[str, str] = {}
        folder.mkdir(parents=True)
        self._link_entries(PurePosixPath())

    def lay(self, overlay: Mapping[str, str]) -> None:
        """Give each file of `overlay` that text, and all others the project's own."""
        for path in [*self._written, *overlay]:
            text = overlay.get(path)
            if text is None:
                text = self._sources[path].text
            if self._written.get(path) != text:
                self._write(path, text)

    def _write(self, path: str, text: str) -> None:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(f"{path} is not in the project")
        parent = PurePosixPath(path).parent
        for folder in [*reversed(parent.parents), parent]:
            self._make_real(folder)
        file = self.folder / path
        file.unlink(missing_ok=True)  # a link would be written through
        file.write_bytes(_encoded(text, self._sources.get(path)))
        self._written[path] = text

    def _make_real(self, folder: PurePosixPath) -> None:
        place = self.folder / folder
        if place.is_symlink():
            place.unlink()
        elif place.is_dir():
            return
        place.mkdir()
        self._link_entries(folder)

    def _link_entries(self, folder: PurePosixPath) -> None:
        original = self._project / folder
        if not original.is_dir():
            return
        for entry in os.scandir(original):
            if entry.name not in _LEFT_OUT:
                _link(Path(entry.path), self.folder / folder / entry.name)


def _link(original: Path, place: Path) -> None:
    try:
        place.symlink_to(original.absolute())
    except OSError:  # Windows allows links to some users alone
        copy = shutil.copytree if original.is_dir() else shutil.copy2
        copy(original, place)


def _encoded(text: str, source: Source | None) -> bytes:
    if source is None:
        return text.encode()
    body = text.encode(source.encoding.removesuffix("-sig"))
    return codecs.BOM_UTF8 + body if source.bom else body
