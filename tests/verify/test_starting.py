"""A verifier takes all that the settings say of it."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

from tracefix.config import Config
from tracefix.model import Source
from tracefix.verify import starting
from tracefix.verify.client import Limits, Verifier


def test_every_setting_of_verification_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = dict[str, object]()

    def made(*given: object, **named: object) -> None:
        taken.update(inspect.signature(Verifier).bind(*given, **named).arguments)

    monkeypatch.setattr(starting, "Verifier", made)
    config = Config(
        Path("/project"),
        examples=(Path("/project/e.py"),),
        python=sys.executable,
        jobs=3,
        timeout=5.0,
        memory=99,
        rtol=0.1,
        atol=0.2,
        unsafe=True,
        strict_trace=True,
    )
    sources = {"m.py": Source.of("", "m.py")}
    starting.verifier_for(config, sources)
    assert taken == {
        "root": Path("/project"),
        "sources": sources,
        "examples": (Path("/project/e.py"),),
        "python": sys.executable,
        "limits": Limits(seconds=5.0, memory_mb=99, jobs=3),
        "rtol": 0.1,
        "atol": 0.2,
        "draws": True,
        "strict": True,
    }
