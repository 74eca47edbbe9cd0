"""Editors with a server each: one that most tests share, and others made to order."""

from __future__ import annotations

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
def make_editor(environment: dict[str, str]) -> Iterator[MakeEditor]:
    """Makes an editor; those whose server is still there at the end leave in order."""
    made: list[Editor] = []

    def make(**wishes: object) -> Editor:
        made.append(Editor(environment, **wishes))
        return made[-1]

    yield make
    for editor in made:
        if editor.process.returncode is None:
            assert editor.leave() == 0
