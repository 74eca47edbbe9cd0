"""`tracefix examples` from words to files, and what the next run makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracefix.cli import main

NET = """
import torch

class Net(torch.nn.Module):
    def __init__(self, cfg, mode):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, cfg.width, cfg["kernel"])
        assert mode in ("fast", "slow")
    def forward(self, x):
        return self.conv(x)
"""


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def _listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert _run("examples", "--list", "--format", "json", *words) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_what_was_written_is_the_users_own_in_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    (made,) = _listed(capsys, "--write")
    assert made == {"subject": "net.py::Net", "origin": "made", "runs": True, "reason": None}
    written = (tmp_path / "tracefix_examples.py").read_text()
    assert "mode='fast'" in written.replace('"', "'")
    (own,) = _listed(capsys, "--write")
    assert own["origin"] == "user"
    assert (tmp_path / "tracefix_examples.py").read_text() == written
    (tmp_path / "other.py").write_text(NET.replace("Net", "Other"))
    assert [one["origin"] for one in _listed(capsys, "--write")] == ["user", "made"]
    assert (tmp_path / "tracefix_examples.py").read_text().startswith(written)
    assert [one["origin"] for one in _listed(capsys)] == ["user", "user"]


def test_a_path_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _run("examples", "--list", "nowhere.py") == 2
    assert "nowhere.py" in capsys.readouterr().err
