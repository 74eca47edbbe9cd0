"""Files changed all at once or not at all, and only where they are still what was read."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tracefix.model import Source
from tracefix.sources.decoding import Undecodable, cause_of, digest, encode


class Unwritable(Exception):
    """A file is left as it is; the message names it and says why."""


@dataclass(frozen=True)
class _Staged:
    """New content that lies beside the file whose place it will take."""

    file: Path
    temporary: Path

    def discard(self) -> None:
        self.temporary.unlink(missing_ok=True)


def write(source: Source, text: str) -> None:
    """Put `text` into the source's file; raises Unwritable, and then nothing has changed."""
    write_together({source: text})


def write_together(texts: Mapping[Source, str]) -> None:
    """Write files that are right only together.

    All are staged before the first is replaced, so that whatever can be known to fail, fails
    before anything has changed. Raises Unwritable.
    """
    with ExitStack() as undo:
        staged: list[_Staged] = []
        for source, text in texts.items():
            try:
                one = _stage(source, text)
            except (OSError, Undecodable) as error:
                raise Unwritable(f"{source.path}: {cause_of(error)}") from error
            undo.callback(one.discard)
            staged.append(one)
        for one in staged:
            os.replace(one.temporary, one.file)
            _flush_folder(one.file.parent)


def _stage(source: Source, text: str) -> _Staged:
    file = source.file.resolve()  # through a symbolic link to the file that holds the text
    if digest(file.read_bytes()) != source.digest:
        raise Unwritable(f"{source.path}: changed since it was read")
    if not os.access(file, os.W_OK):
        raise Unwritable(f"{source.path}: not writable")
    data = encode(source, text)
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".tmp", dir=file.parent)
    staged = _Staged(file, Path(name))
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _copy_permissions(file, staged.temporary)
    except BaseException:
        staged.discard()
        raise
    return staged


def _copy_permissions(original: Path, copy: Path) -> None:
    known = original.stat()
    made = copy.stat()
    if hasattr(os, "chown") and (known.st_uid, known.st_gid) != (made.st_uid, made.st_gid):
        os.chown(copy, known.st_uid, known.st_gid)
    copy.chmod(stat.S_IMODE(known.st_mode))


def _flush_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the platform can open a folder for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
