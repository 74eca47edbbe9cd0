"""Runs from words to exit code, on one file, with plans made by hand in the engine's place."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest

from conftest import MakePlan
from made_plans import plan_of, refused, repaired, replacing, verdict
from tracefix.cli import main
from tracefix.config import Config
from tracefix.model import FilePlan, Plan, Source

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


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def repairing(sources: Sequence[Source], config: Config) -> Plan:
    """Does to every file what the engine would, and nothing the second time."""
    hostile = [source for source in sources if "range(n)" in source.text]
    files = [replacing(source, "range(n)", "range(int(n))") for source in hostile]
    return plan_of(*files, verdicts=tuple(repaired(source.path) for source in hostile))


def blocked(sources: Sequence[Source], config: Config) -> Plan:
    return plan_of(*(refused(source, "n)", "n may be a float") for source in sources))


def clean(sources: Sequence[Source], config: Config) -> Plan:
    files = (FilePlan(source, source.text) for source in sources)
    return plan_of(*files, verdicts=tuple(verdict(source.path) for source in sources))


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)
