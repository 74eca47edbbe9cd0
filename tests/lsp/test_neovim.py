"""Neovim, as it comes: what it writes is what `tracefix --apply` writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Run

NEOVIM = shutil.which("nvim")
SCRIPT = Path(__file__).with_name("neovim.lua")
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


def _seen(environment: dict[str, str], file: Path, rule: str) -> dict[str, object]:
    """What Neovim saw while it did what neovim.lua says."""
    assert NEOVIM is not None
    report = file.with_name("seen.json")
    told = {"SERVER": sys.executable, "FILE": str(file), "SEEN": str(report), "RULE": rule}
    quiet = {"XDG_STATE_HOME": str(file.parent), "XDG_CACHE_HOME": str(file.parent)}
    command = [NEOVIM, "--headless", "--clean", "-n", "-S", str(SCRIPT)]
    done = subprocess.run(
        command,
        env={**os.environ, **environment, **told, **quiet},
        capture_output=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    assert report.exists(), done.stderr.decode()
    seen: dict[str, object] = json.loads(report.read_text())
    return seen
