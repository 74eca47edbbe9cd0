"""A file that comes in on stdin, and goes out on stdout."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli.made_runs import TEXT, PlannedBy, Stdin, repairing, run

pytestmark = pytest.mark.usefixtures("project")


def test_stdin_in_and_out(
    planned_by: PlannedBy,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    data = b"# coding: latin-1\r\nimport torch\r\nx = '\xe9'\r\nrange(n)"
    planned_by(repairing)
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    assert run("--apply", "--stdin-filename", "pkg/new.py", "-") == 0
    captured = capfdbinary.readouterr()
    assert captured.out == data.replace(b"range(n)", b"range(int(n))")
    assert b"pkg/new.py" in captured.err
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    assert run("--diff", "-q", "--stdin-filename", "pkg/new.py") == 1
    assert capfdbinary.readouterr().out.startswith(b"--- a/pkg/new.py\n+++ b/pkg/new.py\n")


@pytest.mark.parametrize("format", ["text", "concise", "json", "github", "sarif", "markdown"])
def test_stdin_in_every_format(
    format: str,
    planned_by: PlannedBy,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planned_by(repairing)
    where = ("--stdin-filename", "new.py", "-")
    for words, code in ((), 1), (("--diff",), 1):
        monkeypatch.setattr(sys, "stdin", Stdin(TEXT.encode()))
        assert run("--format", format, *words, *where) == code
        captured = capsys.readouterr()
        assert "new.py" in captured.out + captured.err
    monkeypatch.setattr(sys, "stdin", Stdin(TEXT.encode()))
    assert run("--format", format, "--output", "report", "--apply", *where) == 0
    assert capsys.readouterr() == (TEXT.replace("(n)", "(int(n))"), "")
    assert (project / "report").read_text()


def test_stdin_without_torch_comes_back_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"x = 1\r"))
    assert run("--apply", "-q", "--stdin-filename", "m.py", "-") == 0
    assert capfdbinary.readouterr() == (b"x = 1\r", b"")
