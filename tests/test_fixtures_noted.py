"""What is told of a trace that is right and still not all of the module, in the fixtures' words.

case.toml: [[note]] with `mode` (eval or train, in which the trace is made), the `line` of before.py
that it is about, and the `text`. A fixture says all the notes that there are.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fixture_cases import Case, cases
from tracefix.model import Source, Subject, Target
from tracefix.verify.client import Verifier

NOTED = [case for case in cases() if "note" in case.spec]
MODES = ("eval", "train")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", NOTED, ids=lambda c: c.id)
def test_a_trace_is_noted_as_the_fixture_says(case: Case, mode: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(case.before)
    examples = tmp_path / "tracefix_examples.py"
    examples.write_text(
        "import torch\nimport tracefix\n\n"
        f"@tracefix.example('module.py::{case.spec['subject']}')\n"
        f"def example({case.spec['subject']}):\n"
        f"    return {case.spec['model']}.{mode}(), ({case.spec['inputs']},)\n"
    )
    subject = Subject("module.py", case.spec["subject"])
    sources = {"module.py": Source.of(case.before, "module.py")}
    with Verifier(tmp_path, sources, [examples]) as verifier:
        trace = verifier.baseline([subject], (Target.TRACE,))[subject].targets[Target.TRACE]
    assert trace.ok, trace
    lines = case.before.splitlines()
    told = [
        (lines[note.place.line - 1].strip(), note.text)
        for note in trace.notes
        if note.place is not None
    ]
    wanted = [(n["line"], n["text"]) for n in case.spec["note"] if n["mode"] == mode]
    assert sorted(told) == sorted(wanted)
