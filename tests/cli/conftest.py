"""A project of one file, in which the command runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.made_runs import TEXT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "m.py").write_text(TEXT)
    return tmp_path
