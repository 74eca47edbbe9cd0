"""What tests of several parts use."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import tracefix
from tracefix.config import Config
from tracefix.model import Plan, Source

MakePlan = Callable[[Sequence[Source], Config], Plan]
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def planned_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[MakePlan], None]:
    """Puts a function in the engine's place, so that a front end's tests need neither it nor torch."""

    def put(make_plan: MakePlan) -> None:
        engine = types.ModuleType("tracefix.repair")
        engine.__path__ = [str(Path(tracefix.__file__).parent / "repair")]  # its parts are real
        engine.make_plan = lambda sources, config, progress=None: make_plan(sources, config)
        monkeypatch.setitem(sys.modules, "tracefix.repair", engine)

    return put


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """A process's environment in which this package is importable, and nothing colours."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_COLOR")}
    return {**kept, "PYTHONPATH": str(Path(tracefix.__file__).parents[1])}


@pytest.fixture
def tracefix_process(environment: dict[str, str]) -> Run:
    """Runs `python -m tracefix` with the words given."""

    def run(*words: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "tracefix", *words]
        return subprocess.run(
            command, cwd=cwd, env=environment, input=stdin, capture_output=True, timeout=300
        )

    return run
