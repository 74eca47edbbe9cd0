"""Code beside the files of a run that shows how its modules are used: tests and the README."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from tracefix.model import Source
from tracefix.sources.decoding import Undecodable, decode
from tracefix.sources.discovery import path_from
from tracefix.sources.project import home_of

_TESTS = ("test_*.py", "*_test.py", "tests/**/*.py", "test/**/*.py", "hubconf.py", "demo.py")
_MOST, _LONGEST = 200, 200_000  # files, and bytes of each
_FENCE = re.compile(r"^```(?:python|py|pycon)\s*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets(root: Path, known: Collection[str]) -> tuple[Source, ...]:
    """The project's tests that are not among the `known` paths, and the README's code.

    Paths count from `root`; what lies above it, in the folder that holds the project, is read too.
    """
    home = home_of(root)
    return (*_readme(home), *_tests(home, root, known))


def _tests(home: Path, root: Path, known: Collection[str]) -> Iterator[Source]:
    files = dict.fromkeys(itertools.chain(*(sorted(home.glob(pattern)) for pattern in _TESTS)))
    for file in itertools.islice(files, _MOST):
        path = path_from(root, file)
        if path not in known and (data := _bytes(file)):
            try:
                yield decode(data, path, file)
            except Undecodable:
                continue


def _readme(home: Path) -> Iterator[Source]:
    for file in sorted(home.glob("README*")):
        text = _bytes(file).decode("utf-8", "replace").replace("\r\n", "\n")
        for block in _FENCE.findall(text):
            yield Source.of(block, file.name)


def _bytes(file: Path) -> bytes:
    """A file's bytes; none where it cannot be read, or is too long to be of use."""
    try:
        return file.read_bytes() if file.stat().st_size <= _LONGEST else b""
    except OSError:
        return b""
