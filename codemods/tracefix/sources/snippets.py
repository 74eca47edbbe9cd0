"""What lies beside the files of a run and shows how its modules are used: tests, README, configs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from tracefix.model import Source
from tracefix.sources.decoding import Undecodable, decode
from tracefix.sources.discovery import path_from
from tracefix.sources.project import home_of

_TESTS = ("test_*.py", "*_test.py", "tests/**/*.py", "test/**/*.py", "hubconf.py", "demo.py")
_FOLDERS = ("", "config/**/", "configs/**/", "conf/**/", "cfg/**/", "cfgs/**/", "options/**/")
_CONFIGS = tuple(f"{folder}*.{ending}" for folder in _FOLDERS for ending in ("json", "yaml", "yml"))
_MOST, _LONGEST = 200, 200_000  # files, and bytes of each
_MOST_CONFIGS = 40
_FENCE = re.compile(r"^```(?:python|py|pycon)\s*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets(root: Path, known: Collection[str]) -> tuple[Source, ...]:
    """The project's tests that are not among the `known` paths, the README's code, and configs.

    Paths count from `root`; what lies above it, in the folder that holds the project, is read too.
    """
    home = home_of(root)
    tests = _files(home, root, _TESTS, _MOST)
    configs = _files(home, root, _CONFIGS, _MOST_CONFIGS)
    return (*_readme(home), *(s for s in tests if s.path not in known), *configs)


def _files(home: Path, root: Path, patterns: Iterable[str], most: int) -> Iterator[Source]:
    files = dict.fromkeys(itertools.chain(*(sorted(home.glob(pattern)) for pattern in patterns)))
    for file in itertools.islice(files, most):
        path = path_from(root, file)
        if data := _bytes(file):
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
