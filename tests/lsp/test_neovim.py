"""Neovim, as it comes: what it writes is what `tracefix --apply` writes."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Run

NEOVIM = shutil.which("nvim")
SCRIPT = Path(__file__).with_name("neovim.lua")
EDITORS = Path(__file__).parents[2] / "docs" / "editors.md"
MODEL = '''\
import torch
from torch import nn


class Clamp(nn.Module):
    """Keeps 🎉 within bounds."""

    limit = 5.0

    def forward(self, x):
        n = 4
        n //= 2  # 🎉
        return (x * n).clamp(-self.limit, self.limit)
'''
EXAMPLES = """\
import torch

import tracefix


@tracefix.example("*::Clamp")
def clamp(Clamp):
    return Clamp(), (torch.rand(2, 3),)
"""


@pytest.mark.skipif(NEOVIM is None, reason="nvim is not installed (Debian: apt-get install neovim)")
def test_it_writes_what_apply_writes(
    environment: dict[str, str], tracefix_process: Run, tmp_path: Path
) -> None:
    edited, applied = tmp_path / "edited", tmp_path / "applied"
    for folder in (edited, applied):
        folder.mkdir()
        (folder / "pyproject.toml").write_text("")
        (folder / "tracefix_examples.py").write_text(EXAMPLES)
        (folder / "clamp.py").write_text(MODEL)
    assert tracefix_process("--apply", "clamp.py", cwd=applied).returncode == 0

    seen = _seen(environment, edited / "clamp.py", "floor-divide-assignment")
    assert seen.get("failure") is None, seen
    assert seen["findings"] == ["class-constant:8", "floor-divide-assignment:12"]
    assert seen["range"] == [11, 8, 11, 15]
    assert seen["after_quick_fix"] == MODEL.replace("n //= 2", "n = n // 2")
    assert seen["ended"] == ["1 repaired"]
    assert seen["titles"][-1] == "tracefix: apply 1 fix (proven)"
    assert (edited / "clamp.py").read_bytes() == (applied / "clamp.py").read_bytes()
    assert "limit: Final = 5.0" in (edited / "clamp.py").read_text()


def _setup(neovim: str) -> str:
    """What docs/editors.md has for this Neovim: first for new ones, then for those before 0.11."""
    told = subprocess.run([neovim, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"NVIM v(\d+)\.(\d+)", told)
    assert version is not None
    new, old = re.findall(r"^```lua\n(.*?)^```$", EDITORS.read_text(), re.M | re.S)
    return new if (int(version[1]), int(version[2])) >= (0, 11) else old


def _seen(environment: dict[str, str], file: Path, rule: str) -> dict[str, object]:
    """What Neovim saw while it did what neovim.lua says."""
    assert NEOVIM is not None
    folder = file.parent
    report, setup, program = folder / "seen.json", folder / "init.lua", folder / "tracefix"
    setup.write_text(_setup(NEOVIM))
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tracefix "$@"\n')
    program.chmod(0o755)
    variables = {
        "FILE": str(file),
        "SEEN": str(report),
        "RULE": rule,
        "SETUP": str(setup),
        "PATH": f"{folder}{os.pathsep}{environment['PATH']}",
        "XDG_STATE_HOME": str(folder),
        "XDG_CACHE_HOME": str(folder),
    }
    done = subprocess.run(
        [NEOVIM, "--headless", "--clean", "-n", "-S", str(SCRIPT)],
        env={**environment, **variables},
        cwd=folder,
        capture_output=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
    )
    assert report.exists(), done.stderr.decode()
    seen: dict[str, object] = json.loads(report.read_text())
    return seen
