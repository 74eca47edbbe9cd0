"""What a shell is told while a command line is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracefix.cli import main
from tracefix.cli.completing import SUBCOMMANDS
from tracefix.cli.subcommands import subcommands


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules_of_ours").mkdir()
    (tmp_path / "m.py").touch()
    return tmp_path


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> _Offered:
    return _Offered(monkeypatch, capsys)


class _Offered:
    """What bash, or another shell, is offered for the last word of a line."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def bash(self, *words: str) -> list[str]:
        self._monkeypatch.setenv("_TRACEFIX_COMPLETE", "complete_bash")
        self._monkeypatch.setenv("COMP_WORDS", "\n".join(("tracefix", *words)))
        self._monkeypatch.setenv("COMP_CWORD", str(len(words)))
        return self._run()

    def zsh(self, line: str) -> list[str]:
        self._monkeypatch.setenv("_TRACEFIX_COMPLETE", "complete_zsh")
        self._monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        return self._run()

    def _run(self) -> list[str]:
        with pytest.raises(SystemExit):
            main([])
        return self._capsys.readouterr().out.split()


def test_options_and_their_values(offered: _Offered) -> None:
    assert "--stdin-filename" in offered.bash("--std")
    assert offered.bash("--format", "s") == ["sarif"]
    assert offered.bash("--target", "") == ["script", "trace"]
    assert "empty-list" in offered.bash("--select", "empty-l")
    assert "tensor-branch,empty-list" in offered.bash("--ignore", "tensor-branch,empty-l")


def test_subcommands_stand_first_beside_paths(offered: _Offered) -> None:
    assert offered.bash("rule") == ["rules", "rules_of_ours/"]
    assert offered.bash("m") == [], "bash then completes paths itself"
    assert offered.bash("m.py", "rule") == []
    assert offered.zsh("tracefix m") == ["_files"]


def test_what_a_subcommand_takes(offered: _Offered) -> None:
    assert offered.bash("explain", "unused-s") == ["unused-suppression"]
    assert "--format" in offered.bash("rules", "--f")
    assert "empty-list" in " ".join(offered.zsh("tracefix explain empty-l"))


def test_the_script_for_a_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    monkeypatch.setenv("_TRACEFIX_COMPLETE", "source_bash")
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    assert "_TRACEFIX_COMPLETE=complete_bash" in capsys.readouterr().out


def test_every_subcommand_is_told_from_a_path() -> None:
    callbacks = (command.callback for command in subcommands.registered_commands)
    assert sorted(callback.__name__ for callback in callbacks if callback) == sorted(SUBCOMMANDS)
