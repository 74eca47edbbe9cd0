"""A run from words to exit code, with a plan made by hand in the engine's place."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import MakePlan
from made_plans import FAILS, RULE, plan_of, refused, repaired, replacing, verdict
from tracefix.cli import main
from tracefix.config import Config
from tracefix.model import FilePlan, FixId, Outcome, Plan, Source, Target

TEXT = "import torch\nfor _ in range(n): pass\n"
DIFF = """\
--- a/m.py
+++ b/m.py
@@ -1,2 +1,2 @@
 import torch
-for _ in range(n): pass
+for _ in range(int(n)): pass
"""
PlannedBy = Callable[[MakePlan], None]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "m.py").write_text(TEXT)
    return tmp_path


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def _repairing(sources: Sequence[Source], config: Config) -> Plan:
    """Does to every file what the engine would, and nothing the second time."""
    hostile = [source for source in sources if "range(n)" in source.text]
    files = [replacing(source, "range(n)", "range(int(n))") for source in hostile]
    return plan_of(*files, verdicts=tuple(repaired(source.path) for source in hostile))


def _blocked(sources: Sequence[Source], config: Config) -> Plan:
    return plan_of(*(refused(source, "n)", "n may be a float") for source in sources))


def _clean(sources: Sequence[Source], config: Config) -> Plan:
    files = (FilePlan(source, source.text) for source in sources)
    return plan_of(*files, verdicts=tuple(verdict(source.path) for source in sources))


def test_findings_and_verdicts_on_stdout(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    assert _run("m.py") == 1
    captured = capsys.readouterr()
    assert captured.out.startswith(f"m.py:2:10: {RULE} [*] range over a tensor's value\n")
    assert "Net  repaired" in captured.out
    assert captured.err == ""
    planned_by(_clean)
    assert _run() == 0


def test_the_diff_alone_on_stdout(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    assert _run("--diff") == 1
    captured = capsys.readouterr()
    assert captured.out == DIFF
    assert "Net  repaired" in captured.err
    assert _run("--diff", "-q") == 1
    assert capsys.readouterr() == (DIFF, "")


def test_applying_twice_changes_nothing_the_second_time(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    assert _run("--apply") == 0
    assert capsys.readouterr().out.startswith("wrote m.py\n")
    assert (project / "m.py").read_text() == TEXT.replace("range(n)", "range(int(n))")
    stamp = (project / "m.py").stat().st_mtime_ns
    assert _run("--apply") == 0
    assert _run("--diff") == 0
    assert "wrote" not in capsys.readouterr().out
    assert (project / "m.py").stat().st_mtime_ns == stamp


def test_what_stays_blocked_is_exit_code_1(planned_by: PlannedBy) -> None:
    planned_by(_blocked)
    assert [_run(), _run("--diff"), _run("--apply")] == [1, 1, 1]


def test_a_trouble_is_exit_code_2_and_the_rest_goes_on(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.py").write_bytes(b"import torch\nx = '\xe9'\n")
    planned_by(_repairing)
    assert _run("--apply") == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("tracefix: bad.py: ")
    assert captured.err.count("\n") == 1
    assert "range(int(n))" in (project / "m.py").read_text()


def test_a_file_that_changed_meanwhile_is_not_written(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "other.py").write_text(TEXT)

    def slow(sources: Sequence[Source], config: Config) -> Plan:
        (project / "m.py").write_text("mine = 1\n")
        return _repairing(sources, config)

    planned_by(slow)
    assert _run("--apply") == 2
    assert capsys.readouterr().err == "tracefix: m.py: changed since it was read: not written\n"
    assert (project / "m.py").read_text() == "mine = 1\n"
    assert "range(int(n))" in (project / "other.py").read_text()


def test_files_of_one_repair_are_written_together_or_not_at_all(
    planned_by: PlannedBy, project: Path
) -> None:
    (project / "other.py").write_text(TEXT)

    def tied(sources: Sequence[Source], config: Config) -> Plan:
        (project / "m.py").write_text("mine = 1\n")
        fixes = tuple(FixId(path, RULE, "Net", "n") for path in ("m.py", "other.py"))
        both = replace(repaired("m.py"), fixes=fixes)
        return replace(_repairing(sources, config), verdicts=(both,))

    planned_by(tied)
    assert _run("--apply") == 2
    assert (project / "other.py").read_text() == TEXT


def test_what_the_encoding_cannot_hold_is_neither_shown_nor_written(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "m.py").write_text("# coding: ascii\nimport torch\nx = 1\n")
    planned_by(lambda sources, config: plan_of(replacing(sources[0], "x = 1", "x = '→'")))
    for mode in ("--diff", "--apply"):
        assert _run(mode, "-q") == 2
        assert capsys.readouterr() == ("", "tracefix: m.py: ascii cannot hold '→'\n")
    assert (project / "m.py").read_text() == "# coding: ascii\nimport torch\nx = 1\n"


def test_json_is_all_of_stdout(planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]) -> None:
    planned_by(_repairing)
    for words, code in ([], 1), (["--diff"], 1), (["--apply"], 0):
        assert _run("--format", "json", *words) == code
        captured = capsys.readouterr()
        assert json.loads(captured.out)["diff"] == DIFF
        assert captured.err == ""


@pytest.mark.parametrize("format", ["text", "concise", "json", "github", "sarif", "markdown"])
def test_every_format_goes_to_stdout_or_to_a_file(
    format: str, planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    assert _run("--format", format) == 1
    told = capsys.readouterr()
    assert "m.py" in told.out
    assert told.err == ""
    assert _run("--format", format, "--output", "report", "--diff") == 1
    assert capsys.readouterr() == (DIFF, "")
    if format not in ("text", "concise"):  # with --diff these list only what is left
        assert (project / "report").read_text() == told.out
    assert _run("--format", format, "--output", "report", "--apply") == 0
    assert capsys.readouterr() == ("wrote m.py\n", "")


def test_statistics_in_place_of_the_findings(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    for words in ([], ["--format", "concise"]):
        assert _run("--statistics", *words) == 1
        assert capsys.readouterr().out.splitlines()[1].split() == ["1", "1", "0", "0", RULE]
    assert _run("--statistics", "--format", "json") == 1
    [count] = json.loads(capsys.readouterr().out)["statistics"]
    assert (count["rule"], count["found"], count["cured"]) == (RULE, 1, 1)


def test_a_report_can_go_to_a_device(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    assert _run("--format", "json", "--output", os.devnull) == 1
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
    planned_by(_repairing)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert _run("--format", "github") == 1
    assert "file=m.py" in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    assert _run("--format", "github") == 1
    assert "file=pkg/m.py" in capsys.readouterr().out


def test_the_engine_is_given_sources_and_settings(planned_by: PlannedBy, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.tracefix]\njobs = 3\n")
    (project / "pkg").mkdir()
    (project / "pkg/a.py").write_text(TEXT)
    asked: list[tuple[list[str], Config]] = []

    def remember(sources: Sequence[Source], config: Config) -> Plan:
        asked.append(([source.path for source in sources], config))
        return _clean(sources, config)

    planned_by(remember)
    words = ("--no-verify", "--target", "trace", "--all", "--time-limit", "9", "-v")
    assert _run(*words, "pkg", "./m.py") == 0
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
        plan = _repairing(sources, config)
        return replace(plan, files=(*plan.files, FilePlan(sources[0], "", trouble="no")))

    planned_by(remember)
    assert _run("--timeout", "9", "--diff", "-q") == 2
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
    planned_by(_repairing)
    assert _run("--apply", "m.py", "a/n.py", "a/gone.py", "a/b/c/q.py") == 0
    for file in ("m.py", "a/n.py", "a/gone.py", "a/b/c/q.py"):
        assert "range(int(n))" in (project / file).read_text()
    (project / "a/pyproject.toml").write_text("[tool.tracefix]\njbos = 2\n")
    capsys.readouterr()
    assert _run() == 2
    assert "a/pyproject.toml: tool.tracefix.jbos: unknown key" in capsys.readouterr().err


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_stdin_in_and_out(
    planned_by: PlannedBy,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    data = b"# coding: latin-1\r\nimport torch\r\nx = '\xe9'\r\nrange(n)"
    planned_by(_repairing)
    monkeypatch.setattr(sys, "stdin", _Stdin(data))
    assert _run("--apply", "--stdin-filename", "pkg/new.py", "-") == 0
    captured = capfdbinary.readouterr()
    assert captured.out == data.replace(b"range(n)", b"range(int(n))")
    assert b"pkg/new.py" in captured.err
    monkeypatch.setattr(sys, "stdin", _Stdin(data))
    assert _run("--diff", "-q", "--stdin-filename", "pkg/new.py") == 1
    assert capfdbinary.readouterr().out.startswith(b"--- a/pkg/new.py\n+++ b/pkg/new.py\n")


@pytest.mark.parametrize("format", ["text", "concise", "json", "github", "sarif", "markdown"])
def test_stdin_in_every_format(
    format: str,
    planned_by: PlannedBy,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planned_by(_repairing)
    where = ("--stdin-filename", "new.py", "-")
    for words, code in ((), 1), (("--diff",), 1):
        monkeypatch.setattr(sys, "stdin", _Stdin(TEXT.encode()))
        assert _run("--format", format, *words, *where) == code
        captured = capsys.readouterr()
        assert "new.py" in captured.out + captured.err
    monkeypatch.setattr(sys, "stdin", _Stdin(TEXT.encode()))
    assert _run("--format", format, "--output", "report", "--apply", *where) == 0
    assert capsys.readouterr() == (TEXT.replace("(n)", "(int(n))"), "")
    assert (project / "report").read_text()


def test_stdin_without_torch_comes_back_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(b"x = 1\r"))
    assert _run("--apply", "-q", "--stdin-filename", "m.py", "-") == 0
    assert capfdbinary.readouterr() == (b"x = 1\r", b"")


def test_comments_are_added_for_all_that_is_found(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    comment = f"  # tracefix: ignore[{RULE}]"
    assert _run("--add-ignore", "--diff", "-q") == 1
    assert f"+for _ in range(n): pass{comment}\n" in capsys.readouterr().out
    assert _run("--add-ignore=as it is", "m.py") == 0
    assert (project / "m.py").read_text() == TEXT.rstrip() + f"{comment} as it is\n"
    assert capsys.readouterr().out.startswith("wrote m.py\n")


def test_comments_for_what_torch_alone_told(planned_by: PlannedBy, project: Path) -> None:
    (project / "m.py").write_text("import torch\n\nclass Net(torch.nn.Module):\n    pass\n")
    nowhere = Outcome("compare", False, "values differ")

    def told(sources: Sequence[Source], config: Config) -> Plan:
        failing = {Target.SCRIPT: FAILS, Target.TRACE: nowhere}
        return replace(_clean(sources, config), verdicts=(verdict("m.py", before=failing),))

    planned_by(told)
    assert _run("--add-ignore", ".") == 0
    assert (project / "m.py").read_text() == (
        "import torch\n# tracefix: ignore[script]\n"
        "class Net(torch.nn.Module):  # tracefix: ignore[trace]\n    pass\n"
    )


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
    assert _run(*words) == 2
    assert capsys.readouterr() == ("", f"tracefix: {line.format(cwd=project)}\n")


def test_a_fault_of_the_engine_does_not_read_as_findings(
    planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(sources: Sequence[Source], config: Config) -> Plan:
        raise RuntimeError("no such thing")

    planned_by(fault)
    assert _run() == 2
    assert capsys.readouterr().err.endswith("tracefix: internal error: no such thing\n")


def test_ctrl_c_is_one_line(planned_by: PlannedBy, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(sources: Sequence[Source], config: Config) -> Plan:
        raise KeyboardInterrupt

    planned_by(interrupted)
    assert _run("--apply") == 130
    assert capsys.readouterr() == ("", "tracefix: interrupted\n")


def test_colour_by_environment(
    planned_by: PlannedBy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(_repairing)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert _run("--diff") == 1
    assert "\x1b[32m+for _ in range(int(n)): pass\x1b[0m\n" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert _run("--diff") == 1
    assert "\x1b" not in "".join(capsys.readouterr())


def test_an_unverified_class_alone_is_no_finding(planned_by: PlannedBy) -> None:
    trouble = Outcome("example", False, "no example")

    def unverified(sources: Sequence[Source], config: Config) -> Plan:
        return replace(_clean(sources, config), verdicts=(verdict("m.py", trouble=trouble),))

    planned_by(unverified)
    assert [_run(), _run("--diff")] == [0, 0]
