"""A run from words to exit code, with a plan made by hand in the engine's place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cli.made_runs import DIFF, TEXT, PlannedBy, blocked, clean, repairing, run
from made_plans import RULE, verdict
from tracefix.config import Config
from tracefix.model import FilePlan, Outcome, Plan, Source

pytestmark = pytest.mark.usefixtures("project")


def test_findings_and_verdicts_on_stdout(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    assert run("m.py") == 1
    captured = capsys.readouterr()
    assert captured.out.startswith(f"m.py:2:10: {RULE} [*] range over a tensor's value\n")
    assert "Net  repaired" in captured.out
    assert captured.err == ""
    planned_by(clean)
    assert run() == 0


def test_the_diff_alone_on_stdout(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    assert run("--diff") == 1
    captured = capsys.readouterr()
    assert captured.out == DIFF
    assert "Net  repaired" in captured.err
    assert run("--diff", "-q") == 1
    assert capsys.readouterr() == (DIFF, "")


def test_what_stays_blocked_is_exit_code_1(planned_by: PlannedBy) -> None:
    planned_by(blocked)
    assert [run(), run("--diff"), run("--apply")] == [1, 1, 1]


def test_a_trouble_is_exit_code_2_and_the_rest_goes_on(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.py").write_bytes(b"import torch\nx = '\xe9'\n")
    planned_by(repairing)
    assert run("--apply") == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("tracefix: bad.py: ")
    assert captured.err.count("\n") == 1
    assert "range(int(n))" in (project / "m.py").read_text()


def test_the_engine_is_given_sources_and_settings(planned_by: PlannedBy, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.tracefix]\njobs = 3\n")
    (project / "pkg").mkdir()
    (project / "pkg/a.py").write_text(TEXT)
    asked: list[tuple[list[str], Config]] = []

    def remember(sources: Sequence[Source], config: Config) -> Plan:
        asked.append(([source.path for source in sources], config))
        return clean(sources, config)

    planned_by(remember)
    words = ("--no-verify", "--target", "trace", "--all", "--time-limit", "9", "-v")
    assert run(*words, "pkg", "./m.py") == 0
    [(paths, config)] = asked
    assert config.time_limit == 9.0
    assert paths == ["m.py", "pkg/a.py"]
    assert (config.root, config.jobs, config.verify, config.all) == (project, 3, False, True)
    assert ([target.value for target in config.targets], config.verbosity) == (["trace"], 1)


def test_the_nearest_settings_have_the_say_and_options_over_them(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {".": "jobs = 3", "a": "jobs = 5\nexclude = ['gone.py']", "a/b/c": "timeout = 7"}
    for folder, text in settings.items():
        (project / folder).mkdir(parents=True, exist_ok=True)
        (project / folder / "pyproject.toml").write_text(f"[tool.tracefix]\n{text}\n")
    (project / "a/plain").mkdir()
    (project / "a/plain/pyproject.toml").write_text("[project]\n")
    files = ("a/n.py", "a/gone.py", "a/plain/p.py", "a/b/o.py", "a/b/c/q.py")
    for file in files:
        (project / file).write_text(TEXT)
    (project / "a/bad.py").write_bytes(b"import torch\nx = '\xe9'\n")
    asked: dict[str, tuple[list[str], int, float]] = {}

    def remember(sources: Sequence[Source], config: Config) -> Plan:
        name = config.root.relative_to(project).as_posix()
        asked[name] = ([s.path for s in sources], config.jobs, config.timeout)
        plan = repairing(sources, config)
        return replace(plan, files=(*plan.files, FilePlan(sources[0], "", trouble="no")))

    planned_by(remember)
    assert run("--timeout", "9", "--diff", "-q") == 2
    assert asked == {
        ".": (["m.py"], 3, 9.0),
        "a": (["b/o.py", "n.py", "plain/p.py"], 5, 9.0),
        "a/b/c": (["q.py"], Config.jobs, 9.0),
    }
    captured = capsys.readouterr()
    shown = [line.removeprefix("+++ b/") for line in captured.out.splitlines() if "+++" in line]
    assert shown[:3] == ["a/b/c/q.py", "a/b/c/q.py", "a/b/o.py"]
    assert "tracefix: a/b/o.py: no\n" in captured.err
    assert "tracefix: a/bad.py: " in captured.err
    planned_by(repairing)
    assert run("--apply", "m.py", "a/n.py", "a/gone.py", "a/b/c/q.py") == 0
    for file in ("m.py", "a/n.py", "a/gone.py", "a/b/c/q.py"):
        assert "range(int(n))" in (project / file).read_text()
    (project / "a/pyproject.toml").write_text("[tool.tracefix]\njbos = 2\n")
    capsys.readouterr()
    assert run() == 2
    assert "a/pyproject.toml: tool.tracefix.jbos: unknown key" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nosuch.py"], "nosuch.py: no such file or directory"),
        (["m.py", "no/such/folder"], "no/such/folder: no such file or directory"),
        (["--diff", "--apply"], "--diff and --apply: choose one"),
        (["-"], "reading stdin (-) needs --stdin-filename FILE"),
        (["--stdin-filename", "a.py", "m.py"], "--stdin-filename reads stdin: give no other path"),
        (["--target", "onnx"], "--target: unknown target 'onnx' (known: script, trace)"),
        (["--examples", "no.py"], f"--examples: {os.path.join('{cwd}', 'no.py')}: no such file"),
        (["--add-ignore=a\nb"], "--add-ignore: the reason must be one line"),
        (["--statistics", "--format", "sarif"], "--statistics: not with --format sarif"),
        (["--output", "no/f", "m.py"], "--output: no: no such folder"),
        (["--output", "m.py", "m.py"], "--output: m.py: this is a file to look at"),
        (["--output", ".", "m.py"], "--output: .: is a directory"),
        (
            ["--stdin-filename", "a.py", "--apply", "--format", "sarif"],
            "--apply prints stdin's new text: --format sarif needs --output",
        ),
        (["-i", "--diff"], "--diff and --interactive: choose one"),
        (["-i", "--add-ignore"], "--interactive and --add-ignore: choose one"),
        (
            ["-i", "--stdin-filename", "a.py"],
            "--interactive: stdin is where the answers come from",
        ),
        (["-i", "--format", "json"], "--interactive: --format json needs --output"),
        (["-i", "m.py"], "--interactive: stdin is no terminal"),
        (["--jobs", "0"], "--jobs: must be at least 1"),
    ],
)
def test_misuse_is_one_line_and_exit_code_2(
    words: list[str], line: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    assert capsys.readouterr() == ("", f"tracefix: {line.format(cwd=project)}\n")


def test_a_fault_of_the_engine_does_not_read_as_findings(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(sources: Sequence[Source], config: Config) -> Plan:
        raise RuntimeError("no such thing")

    planned_by(fault)
    assert run() == 2
    assert capsys.readouterr().err.endswith("tracefix: internal error: no such thing\n")


def test_ctrl_c_is_one_line(planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(sources: Sequence[Source], config: Config) -> Plan:
        raise KeyboardInterrupt

    planned_by(interrupted)
    assert run("--apply") == 130
    assert capsys.readouterr() == ("", "tracefix: interrupted\n")


def test_an_unverified_class_alone_is_no_finding(planned_by: PlannedBy) -> None:
    trouble = Outcome("example", False, "no example")

    def unverified(sources: Sequence[Source], config: Config) -> Plan:
        return replace(clean(sources, config), verdicts=(verdict("m.py", trouble=trouble),))

    planned_by(unverified)
    assert [run(), run("--diff")] == [0, 0]
