"""`tracefix doctor`, with an interpreter that says what the test wants."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conftest import MakePlan
from made_plans import FAILS, plan_of, verdict
from tracefix.cli import doctoring, main
from tracefix.config import Config
from tracefix.model import PASSED, Outcome, Plan, Source, Target

PlannedBy = Callable[[MakePlan], None]
HAS_TORCH = {"python": "3.12.1", "torch": "2.9.0", "numpy": "2.1.0", "cuda": False}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.tracefix]\njobs = 3\n")
    return tmp_path


def _saying(project: Path, text: str) -> str:
    """An interpreter that prints `text`, whatever it is asked."""
    file = project / "python"
    file.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    file.chmod(0o755)
    return str(file)


def _examined(python: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--python", python])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_all_is_well(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Config] = []

    def kept(sources: Sequence[Source], config: Config) -> Plan:
        asked.append(config)
        return plan_of(verdicts=(verdict("probe.py", "Probe"),))

    planned_by(kept)
    assert _examined(_saying(project, json.dumps(HAS_TORCH))) == 0
    told = capsys.readouterr().out
    for words in ("torch        2.9.0", "jobs = 3", "verification works", "3 at a time"):
        assert words in told
    assert asked[0].python.endswith("python")
    assert asked[0].root != project, "the project's own examples are not run"


def test_verification_does_not_work(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Outcome("load", False, "the worker is gone")
    planned_by(lambda sources, config: plan_of(verdicts=(verdict("p.py", trouble=broken),)))
    assert _examined(_saying(project, json.dumps(HAS_TORCH))) == 1
    assert "no: the worker is gone" in capsys.readouterr().out
    after = {Target.SCRIPT: FAILS, Target.TRACE: PASSED}
    planned_by(lambda sources, config: plan_of(verdicts=(verdict("p.py", after=after),)))
    assert _examined(_saying(project, json.dumps(HAS_TORCH))) == 1


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (json.dumps({"python": "3.12", "torch error": "no torch"}), "no torch"),
        ("not json", "Expecting value"),
        ("", "interpreter"),
    ],
)
def test_an_interpreter_that_cannot_run_modules(
    says: str, words: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _examined(_saying(project, says)) == 1
    assert words in capsys.readouterr().out


def test_settings_that_cannot_be_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text("[tool.tracefix]\njbos = 3\n")
    assert _examined("python3") == 2
    assert "did you mean 'jobs'?" in capsys.readouterr().err


def test_every_library_that_tracefix_needs_is_named() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    listed = text.partition("\ndependencies = [")[2].partition("]")[0]
    needed = set(re.findall(r'"([a-z]+)[^;"]*"', listed))
    assert needed - {"torch"} == set(doctoring._LIBRARIES), "torch is told for itself"
