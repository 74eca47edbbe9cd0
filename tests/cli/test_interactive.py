"""Fixes are shown and asked for one by one; what is not taken is not written."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from made_plans import FAILS
from tracefix.cli.interactive import chooser
from tracefix.config import Config
from tracefix.model import PASSED, FixId, Source, Subject, Target, Verdict
from tracefix.repair import Draft, draw_up
from tracefix.report.view import View

TEXT = """import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        n = 7
        n //= 2  # one
        y = x * n
        n //= 1  # two
        return y * n
"""
ONE, TWO = ("n //= 2", "n = n // 2"), ("n //= 1", "n = n // 1")
HERE = Path("/project")


def _draft() -> Draft:
    return draw_up([Source.of(TEXT, "net.py")], Config(HERE, verify=False))


def _chosen(
    answers: str, monkeypatch: pytest.MonkeyPatch, draft: Draft | None = None
) -> list[FixId]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
    return chooser(View(HERE, HERE))(draft or _draft())


@pytest.mark.parametrize(
    ("answers", "taken"),
    [
        ("y\ny\n", [0, 1]),
        ("n\nyes\n", [1]),
        ("y\nq\n", [0]),
        ("N\nQUIT\n", []),
        ("a\n", [0, 1]),
        ("n\nall\n", [1]),
        ("y\n", [0]),
        ("", []),
        ("what\n?\n\ny\nn\n", [0]),
    ],
)
def test_answers(answers: str, taken: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    fixes = _draft().fixes
    assert _chosen(answers, monkeypatch) == [fixes[index] for index in taken]


def test_each_fix_is_shown_with_its_own_diff_and_grounds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = _draft()
    fixes = draft.fixes
    proven = Verdict(
        Subject("net.py", "Net"),
        {Target.SCRIPT: FAILS, Target.TRACE: PASSED},
        {Target.SCRIPT: PASSED, Target.TRACE: PASSED},
        fixes=fixes,
        proven=("values", "gradients"),
        speed=1.0,
    )
    draft = replace(draft, plan=replace(draft.plan, verdicts=(proven,)))
    _chosen("y\nn\n", monkeypatch, draft)
    first, second = capsys.readouterr().out.split("[2/2]")
    assert "[1/2] net.py:8:9: floor-divide-assignment" in first
    assert "-        n //= 2  # one\n+        n = n // 2  # one\n" in first
    assert "n //= 1" not in first.replace("         n //= 1", ""), "that is the other fix"
    words = " ".join(first.split())
    assert "Net: script refuses it: m.py:2:5: range() takes int" in words
    assert "with its 2 fixes, script and trace take it; the same in values, gradients" in words
    assert "+        n = n // 1  # two\n" in second
    assert "+        n = n // 2" not in second


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        ((), "script and trace take it;"),
        ((Target.TRACE,), "script takes it, trace not yet;"),
        ((Target.SCRIPT, Target.TRACE), "no target takes it yet;"),
    ],
)
def test_what_takes_it_then_and_what_does_not(
    failing: tuple[Target, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    draft = _draft()
    after = {target: FAILS if target in failing else PASSED for target in Target}
    proven = Verdict(
        Subject("net.py", "Net"), {}, after, draft.fixes[:1], proven=("other values", "training")
    )
    draft = replace(draft, plan=replace(draft.plan, verdicts=(proven,)))
    _chosen("q\n", monkeypatch, draft)
    words = " ".join(capsys.readouterr().out.split())
    assert f"Net: proven: {told} the same in other values of the same shapes, training" in words


def test_at_a_terminal(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(TEXT)
    terminal, stdin = pty.openpty()
    os.write(terminal, b"n\ny\n")
    done = subprocess.run(
        [sys.executable, "-m", "tracefix", "--no-verify", "--interactive", "net.py"],
        cwd=tmp_path,
        env=environment,
        stdin=stdin,
        capture_output=True,
        timeout=60,
    )
    os.close(stdin)
    os.close(terminal)
    assert (tmp_path / "net.py").read_text() == TEXT.replace(*TWO)
    assert b"wrote net.py" in done.stdout
    assert b"right by construction" in done.stdout
    assert done.returncode == 1, "what was left blocks still"
    assert done.stderr == b""
