"""Every command in README.md and docs/ (but the generated docs/rules/) is run, or at least checked.

Commands are what stands in fenced `sh` blocks, in indented blocks, in `run:` and `entry:` of YAML
blocks, and after a backtick where they start with "tracefix". Those of tracefix are run in a small
project, whose models/ has no module class: everything but torch is real then. A command of another
program is run by a shell, or named below with the reason why it is not.
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import Run
from tracefix.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])

# Words that stand for what a reader puts in.
PLACEHOLDERS = {"RULE": "empty-list", "SLUG": "empty-list"}

# What is not run, by how it starts, and why.
NOT_RUN = {
    "python3 -m venv .venv": "installs from the network; what it starts then is run below",
    "pip install": "installs from the network",
    "gh pr comment": "writes to GitHub",
    "tracefix --install-completion": "writes to the shell's start-up file; offered in test_completing",
    "python tests/bench/real_world/run.py": "downloads packages and takes minutes",
    "python tests/bench/made_examples.py": "needs a checkout of ParityBench, and takes minutes",
    "python ../shared/parity/score.py": "needs a checkout of ParityBench, and takes an hour",
    "python tests/bench/paritybench/report.py": "needs what the judge wrote; test_parity_report runs it",
    "tracefix lsp": "serves until its client goes; the tests in tests/lsp do so",
}

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>\w*)\n(?P<body>.*?)^(?P=indent)```$", re.M | re.S)
_INLINE = re.compile(r"`(tracefix [^`\n]*(?:\n[^`\n]+)?)`")
_YAML_COMMAND = re.compile(r"^\s*-?\s*(?:run|entry): (?P<command>[^|\n].*)$", re.M)
_HOOK = re.compile(r"^\s*- id: (?P<id>[\w-]+)\n(?!\s*(?:name|run): )", re.M)

UNET = """import torch


def double(x):
    return torch.cat([x, x])
"""


@dataclass(frozen=True)
class Command:
    page: str
    line: str

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def _commands(page: Path) -> Iterator[Command]:
    text = page.read_text(encoding="utf-8")
    rest = _FENCE.sub("", text)
    indented = re.findall(r"(?<=\n\n)(?: {4}.*\n)+", rest)
    blocks = [m["body"] for m in _FENCE.finditer(text) if m["info"] == "sh"] + indented
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    for fence in _FENCE.finditer(text):
        if fence["info"] == "yaml":
            lines += [m["command"] for m in _YAML_COMMAND.finditer(fence["body"])]
    prose = rest if not indented else re.sub(r"(?<=\n\n)(?: {4}.*\n)+", "", rest)
    lines += [" ".join(words.split()) for words in _INLINE.findall(prose)]
    told = (re.sub(r"  +\S.*$", "", line) for line in lines if line and not line.startswith("#"))
    for line in dict.fromkeys(told):
        yield Command(page.relative_to(ROOT).as_posix(), line)


ALL = [command for page in PAGES for command in _commands(page)]
COMMANDS = list({command.line: command for command in reversed(ALL)}.values())  # each once


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the documents speak of: a project with models/ and its settings, in git."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "unet.py").write_text(UNET)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class _Terminal(io.StringIO):
    """A stdin that holds a source, and answers where it is asked."""

    def __init__(self) -> None:
        super().__init__("q\n")
        self.buffer = io.BytesIO(UNET.encode())

    def isatty(self) -> bool:
        return True


def _why_not(line: str) -> str | None:
    return next((why for start, why in NOT_RUN.items() if line.startswith(start)), None)


@pytest.mark.parametrize("command", [c for c in COMMANDS if not _why_not(c.line)], ids=str)
def test_a_command_of_the_documents_works(
    command: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command.line)]
    if words[0] != "tracefix":
        done = subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
        done = subprocess.run(words, cwd=project, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return
    monkeypatch.setattr(sys, "stdin", _Terminal())
    with pytest.raises(SystemExit) as ended:
        main(words[1:])
    assert ended.value.code in (0, 1), "an error, or an option that is not there"


def test_what_is_not_run_is_there() -> None:
    """A reason that no document has a command for any more is to go."""
    assert [start for start in NOT_RUN if not any(c.line.startswith(start) for c in COMMANDS)] == []


def test_commands_are_found_in_every_place_where_they_stand(tmp_path: Path) -> None:
    page = ROOT / "README.md"
    found = {command.line for command in _commands(page)}
    assert "tracefix --diff models/" in found, "an indented block, without what stands behind"
    assert any(line.startswith("python3 -m venv .venv") for line in found)
    assert "tracefix rules" in found, "in the text"
    ci = {command.line for command in _commands(ROOT / "docs" / "ci.md")}
    assert "tracefix --format github models/" in ci, "in a workflow"
    assert "git diff" in ci, "in a fenced block"
    assert len(COMMANDS) > 20


def test_the_hooks_that_are_named_are_there() -> None:
    offered = set(
        re.findall(r"^- id: ([\w-]+)$", (ROOT / ".pre-commit-hooks.yaml").read_text(), re.M)
    )
    yaml = "\n".join(
        fence["body"]
        for page in PAGES
        for fence in _FENCE.finditer(page.read_text(encoding="utf-8"))
        if fence["info"] == "yaml"
    )
    named = set(_HOOK.findall(yaml))
    assert offered == {"tracefix", "tracefix-apply"}
    assert named
    assert named <= offered


def test_the_installation_in_the_readme_leads_to_a_repaired_model(
    tracefix_process: Run, tmp_path: Path
) -> None:
    """The words behind the installation, by this interpreter, which has what it installs."""
    [line] = [c.line for c in COMMANDS if ".venv/bin/tracefix" in c.line]
    install, _, words = line.partition(" && .venv/bin/tracefix ")
    assert (ROOT / install.split(" -c ")[1].split()[0]).is_file()
    done = tracefix_process(*shlex.split(words), cwd=ROOT)
    assert done.returncode == 1, done.stderr
    assert b"2 repaired" in done.stderr
    patch = tmp_path / "patch"
    patch.write_bytes(done.stdout)
    subprocess.run(["git", "apply", "--check", str(patch)], cwd=ROOT, check=True)
