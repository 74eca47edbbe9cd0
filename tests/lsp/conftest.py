"""Editors with a server each: one that most tests share, and others made to order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsp.editor import Editor

MakeEditor = Callable[..., Editor]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder, which the shared editor has open."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text("[tool.tracefix]\n")
    return folder


@pytest.fixture(scope="module")
def editor(environment: dict[str, str], project: Path) -> Iterator[Editor]:
    """The editor that most tests share."""
    editor = Editor(environment, folders=[project])
    yield editor
    assert editor.leave() == 0


@pytest.fixture
def make_editor(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeEditor]:
    """Makes an editor; those whose server is still there at the end leave in order.

    None leaves a process or a file behind.
    """
    made: list[Editor] = []
    scratch = tmp_path_factory.mktemp("scratch")

    def make(**wishes: object) -> Editor:
        made.append(Editor({**environment, "TMPDIR": str(scratch)}, **wishes))
        return made[-1]

    yield make
    for editor in made:
        if editor.process.returncode is None:
            assert editor.leave() == 0
    assert list(scratch.iterdir()) == []
    assert _processes_with(f"TMPDIR={scratch}") == []


def _processes_with(setting: str) -> list[str]:
    """The processes that have a setting in their environment, where the system can tell."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if setting.encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
    return found
