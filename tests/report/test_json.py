"""The report for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from made_plans import RULE, blocked, plan_of, refused, repaired, replacing
from tracefix.model import Source
from tracefix.report.json import json_report
from tracefix.sources import decode

HERE = Path("/project")
SOURCE = Source.of("for _ in range(n): pass\n", "m.py")


def test_it_tells_all_of_the_plan() -> None:
    plan = plan_of(
        replacing(SOURCE, "n)", "int(n))"),
        refused(replace(SOURCE, path="b.py"), "n", "why"),
        verdicts=(repaired("m.py", speed=0.5), blocked("b.py")),
    )
    told = json.loads(json_report(plan, HERE))
    assert (told["version"], told["root"], told["blocked"]) == (1, "/project", True)
    done, left = told["verdicts"]
    assert (done["subject"], done["status"], done["speed"]) == ("m.py::Net", "repaired", 0.5)
    assert done["before"]["script"]["places"] == [{"path": "m.py", "line": 2, "column": 5}]
    assert done["after"]["script"]["ok"] is True
    assert done["fixes"] == [{"rule": RULE, "path": "m.py", "scope": "Net.forward"}]
    assert left["reason"] == "script: m.py:2:5: range() takes int"
    [cured], [refusal] = (file["findings"] for file in told["files"])
    assert (cured["applied"], cured["safety"], cured["refusal"]) == (True, "proven", None)
    assert (refusal["applied"], refusal["fix"], refusal["refusal"]) == (False, None, "why")
    assert cured["place"] == {"path": "m.py", "line": 1, "column": 16}
    assert "+for _ in range(int(n)): pass\n" in told["diff"]


def test_it_is_text_whatever_the_files_encoding() -> None:
    source = decode(b"# coding: latin-1\nx = '\xe9'\n", "m.py", Path("m.py"))
    told = json.loads(json_report(plan_of(replacing(source, "x", "y")), HERE))
    assert "\ufffd" in told["diff"]
