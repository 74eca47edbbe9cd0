"""The command as a process of its own."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

from conftest import Run

# An engine that prints much, or waits, in a process that has the rest of tracefix.
_DRIVER = """
import sys, time, types
from tracefix.model import FilePlan, Plan

def make_plan(sources, config, progress=None):
    {body}

engine = types.ModuleType("tracefix.repair")
engine.make_plan = make_plan
sys.modules["tracefix.repair"] = engine
from tracefix.cli import main
main(["--diff", "m.py"])
"""


def test_help_needs_neither_torch_nor_libcst_nor_black(environment: dict[str, str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "tracefix", "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    packages = {name.partition(".")[0] for name in imported}
    assert packages.isdisjoint({"torch", "libcst", "black", "pathspec", "pygls"})
    for word in ("--diff", "--apply", "--stdin-filename", "tracefix rules", "tracefix explain"):
        assert word in done.stdout


def test_importing_the_package_needs_the_standard_library_alone(
    environment: dict[str, str],
) -> None:
    program = "import sys; import tracefix; assert 'typer' not in sys.modules"
    subprocess.run([sys.executable, "-S", "-c", program], env=environment, check=True)


def test_a_missing_path(tracefix_process: Run, tmp_path: Path) -> None:
    done = tracefix_process("nosuch.py", cwd=tmp_path)
    assert done.returncode == 2
    assert (done.stdout, done.stderr) == (b"", b"tracefix: nosuch.py: no such file or directory\n")


def test_an_unknown_option(tracefix_process: Run, tmp_path: Path) -> None:
    done = tracefix_process("--frobnicate", cwd=tmp_path)
    assert done.returncode == 2
    assert b"--frobnicate" in done.stderr


def test_nothing_to_do(tracefix_process: Run, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    for words in ([], ["--diff"], ["--apply"], ["m.py"]):
        done = tracefix_process(*words, cwd=tmp_path)
        assert done.returncode == 0
        assert b"0 files, 0 findings" in done.stdout + done.stderr


def test_rules_and_explain(tracefix_process: Run, tmp_path: Path) -> None:
    listed = tracefix_process("rules", cwd=tmp_path)
    assert listed.returncode == 0
    slugs = [line.split()[0].decode() for line in listed.stdout.splitlines()]
    assert slugs == sorted(slugs)
    described = json.loads(tracefix_process("rules", "--format", "json", cwd=tmp_path).stdout)
    assert [rule["slug"] for rule in described["rules"]] == slugs
    assert set(described["rules"][0]) == {"slug", "title", "blocks", "safety", "always", "page"}
    for slug in ("empty-list", "unused-suppression", "script"):
        page = tracefix_process("explain", slug, cwd=tmp_path)
        assert page.returncode == 0
        assert page.stdout.startswith(f"# {slug}\n".encode())
    unknown = tracefix_process("explain", "no-such-rule", cwd=tmp_path)
    assert unknown.returncode == 2
    assert unknown.stderr.startswith(b"tracefix: no-such-rule: no such rule")


def test_a_path_with_a_subcommands_name(tracefix_process: Run, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for words in (["./rules"], ["--", "rules"], ["-q", "rules"]):
        done = tracefix_process(*words, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")


def test_the_version(tracefix_process: Run, tmp_path: Path) -> None:
    done = tracefix_process("--version", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"tracefix ")


def test_a_reader_that_goes_away(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("import torch\n" + "x = 1\n" * 100_000)
    body = 'return Plan(tuple(FilePlan(s, s.text.replace("x", "y")) for s in sources))'
    command = [sys.executable, "-c", _DRIVER.format(body=body)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"--- a/m.py\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_ctrl_c(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("import torch\n")
    # A job in the background of a shell is started with SIGINT ignored.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    body = heard + 'print("ready", flush=True); time.sleep(60)'
    command = [sys.executable, "-c", _DRIVER.format(body=body)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b"tracefix: interrupted\n"
    assert process.returncode == 130


def test_a_bar_on_a_terminal_and_a_pure_stdout(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("import torch\n")
    body = 'progress("proving Net", 1, 3); time.sleep(0.3); return Plan()'
    command = [sys.executable, "-c", _DRIVER.format(body=body)]
    terminal, stderr = pty.openpty()
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**environment, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=stderr,
    )
    os.close(stderr)
    shown = os.read(terminal, 100_000)
    os.close(terminal)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"proving Net" in shown
    assert b"1/3" in shown
