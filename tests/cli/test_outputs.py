"""Where the report goes, in which format and colours."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.made_runs import DIFF, PlannedBy, repairing, run
from made_plans import RULE

pytestmark = pytest.mark.usefixtures("project")


def test_json_is_all_of_stdout(planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]) -> None:
    planned_by(repairing)
    for words, code in ([], 1), (["--diff"], 1), (["--apply"], 0):
        assert run("--format", "json", *words) == code
        captured = capsys.readouterr()
        assert json.loads(captured.out)["diff"] == DIFF
        assert captured.err == ""


@pytest.mark.parametrize("format", ["text", "concise", "json", "github", "sarif", "markdown"])
def test_every_format_goes_to_stdout_or_to_a_file(
    format: str, planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    assert run("--format", format) == 1
    told = capsys.readouterr()
    assert "m.py" in told.out
    assert told.err == ""
    assert run("--format", format, "--output", "report", "--diff") == 1
    assert capsys.readouterr() == (DIFF, "")
    if format not in ("text", "concise"):  # with --diff these list only what is left
        assert (project / "report").read_text() == told.out
    assert run("--format", format, "--output", "report", "--apply") == 0
    assert capsys.readouterr() == ("wrote m.py\n", "")


def test_statistics_in_place_of_the_findings(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    for words in ([], ["--format", "concise"]):
        assert run("--statistics", *words) == 1
        assert capsys.readouterr().out.splitlines()[1].split() == ["1", "1", "0", "0", RULE]
    assert run("--statistics", "--format", "json") == 1
    [count] = json.loads(capsys.readouterr().out)["statistics"]
    assert (count["rule"], count["found"], count["cured"]) == (RULE, 1, 1)


def test_a_report_can_go_to_a_device(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    assert run("--format", "json", "--output", os.devnull) == 1
    assert capsys.readouterr() == ("", "")
    assert not Path(os.devnull).is_file()


def test_github_takes_paths_from_the_checkout(
    planned_by: PlannedBy,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (project / "pkg").mkdir()
    (project / "m.py").rename(project / "pkg/m.py")
    (project / "pyproject.toml").touch()
    monkeypatch.chdir(project / "pkg")
    planned_by(repairing)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert run("--format", "github") == 1
    assert "file=m.py" in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    assert run("--format", "github") == 1
    assert "file=pkg/m.py" in capsys.readouterr().out


def test_colour_by_environment(
    planned_by: PlannedBy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run("--diff") == 1
    assert "\x1b[32m+for _ in range(int(n)): pass\x1b[0m\n" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("--diff") == 1
    assert "\x1b" not in "".join(capsys.readouterr())
