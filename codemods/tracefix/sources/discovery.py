"""Paths, as the command line has them, to the Sources that they stand for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracefix.model import Source
from tracefix.sources.decoding import Undecodable, cause_of, decode
from tracefix.sources.ignoring import Ignores, excluding, ignores_above, is_place_of_tools

# Files that are not Python source text, though tools that take Python often take them too.
_NOT_SOURCE = {".pyi": "a stub has nothing to run", ".ipynb": "notebooks are not read"}


class BadPath(Exception):
    """A path that was given does not name Python source; the message says why."""


@dataclass(frozen=True)
class Found:
    """The sources in order of path, and a line for each file or folder that cannot be read."""

    sources: tuple[Source, ...]
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Trouble:
    path: Path
    cause: str


def must_exist(paths: Sequence[Path]) -> None:
    """Raises BadPath for the first path that is missing or is no Python source."""
    for path in paths:
        if not path.exists():
            raise BadPath(f"{path}: no such file or directory")
        if path.suffix in _NOT_SOURCE:
            raise BadPath(f"{path}: {_NOT_SOURCE[path.suffix]}")


def discover(paths: Sequence[Path], root: Path, exclude: Sequence[str] = ()) -> Found:
    """All Python files of `paths` that name torch.

    `paths` and `root` are absolute. A file is taken as it is named; a folder is walked for .py
    files, past what .gitignore files, `exclude` and `is_place_of_tools` hide.
    """
    named = {path for path in paths if not path.is_dir()}
    excludes = excluding(exclude, root)
    walked: list[Path | _Trouble] = []
    for folder in (path for path in paths if path.is_dir()):
        walked += _walk(folder, ignores_above(folder, root), excludes)
    files = named | {each for each in walked if isinstance(each, Path)}
    sources: list[Source] = []
    troubles = [each for each in walked if isinstance(each, _Trouble)]
    for file in sorted(_without_aliases(files, named)):
        try:
            source = _read(file, root, asked_for=file in named)
        except (OSError, Undecodable) as error:
            troubles.append(_Trouble(file, cause_of(error)))
            continue
        if source is not None:
            sources.append(source)
    lines = sorted({f"{path_from(root, each.path)}: {each.cause}" for each in troubles})
    return Found(tuple(sources), tuple(lines))


def names_torch(data: bytes) -> bool:
    """Whether a file can have to do with torch; most cannot, and are not even parsed."""
    return b"torch" in data


def path_from(root: Path, file: Path) -> str:
    """A path as Source.path has it: from the root, with forward slashes."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def _walk(folder: Path, ignores: Ignores, excludes: Ignores) -> Iterator[Path | _Trouble]:
    """The .py files below `folder`; linked folders are not entered, as git does not either."""
    try:
        ignores = ignores.inside(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (OSError, ValueError) as error:
        yield _Trouble(folder, cause_of(error))
        return
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if not is_folder and not entry.name.endswith(".py"):
            continue
        path = Path(entry.path)
        if ignores.hide(path, is_folder) or excludes.hide(path, is_folder):
            continue
        if is_folder and not is_place_of_tools(path):
            yield from _walk(path, ignores, excludes)
        elif path.is_file():
            yield path


def _without_aliases(files: set[Path], named: set[Path]) -> Iterator[Path]:
    """Each real file once: links to a file that is taken anyway are left out."""
    seen: set[Path] = set()
    for file in sorted(files, key=lambda file: (file not in named, file.is_symlink(), file)):
        real = file.resolve() if file.is_symlink() else file  # its folder is real already
        if real not in seen:
            seen.add(real)
            yield file


def _read(file: Path, root: Path, asked_for: bool) -> Source | None:
    """The source in `file`; None where it is binary or does not name torch."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise Undecodable("not a regular file")
    data = file.read_bytes()
    if b"\0" in data:
        if asked_for:
            raise Undecodable("a binary file")
        return None
    return decode(data, path_from(root, file), file) if names_torch(data) else None


def is_excluded(file: Path, root: Path, exclude: Sequence[str]) -> bool:
    """Whether `exclude` hides a file: what walks through folders passes over it."""
    return file.is_relative_to(root) and excluding(exclude, root).hide(file, is_folder=False)
