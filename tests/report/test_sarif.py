"""SARIF: its schema, places, levels, fixes and fingerprints."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from made_plans import RULE, blocked, plan_of, refused, repaired, replacing, verdict
from report.whole_plan import SOURCE, TEXT, VIEW, whole_plan
from tracefix.model import (
    UNUSED,
    Dropped,
    FilePlan,
    Fix,
    Plan,
    Source,
    Span,
    TextEdit,
    Verdict,
)
from tracefix.report.sarif import RulePage, sarif_report

ROOT = Path(__file__).parents[2]


SARIF_SCHEMA = ROOT.parent / "shared" / "schemas" / "sarif-2.1.0.json"


PAGES = [RulePage(RULE, "Loop over a tensor.", "# page"), RulePage(UNUSED, "Unused.", "# page")]


def _sarif(plan: Plan) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(sarif_report(plan, VIEW, "1.0", PAGES))["runs"][0]
    return run


@pytest.mark.skipif(
    not SARIF_SCHEMA.is_file(),
    reason="../shared/schemas/sarif-2.1.0.json is not beside the project",
)
def test_sarif_is_valid_by_the_official_schema() -> None:
    schema = json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))
    for plan in (whole_plan(), Plan()):
        told = json.loads(sarif_report(plan, VIEW, "1.0", PAGES))
        jsonschema.validate(told, schema, cls=jsonschema.Draft4Validator)
    told["runs"][0]["results"] = [{"level": "error"}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schema, cls=jsonschema.Draft4Validator)


def test_sarif_has_places_levels_rules_and_suppressions() -> None:
    run = _sarif(whole_plan())
    results = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: r
        for r in run["results"]
        if r["ruleId"] == RULE
    }
    assert set(results) == {"m.py", "a%2C%20b%7Cc.py", "d.py"}
    cured = results["m.py"]
    assert cured["level"] == "warning"
    assert cured["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 2,
        "startColumn": 20,
        "endLine": 2,
        "endColumn": 22,
    }
    rules = run["tool"]["driver"]["rules"]
    assert rules[cured["ruleIndex"]]["id"] == RULE
    assert "left alone" in results["a%2C%20b%7Cc.py"]["message"]["text"]
    assert results["d.py"]["suppressions"] == [{"kind": "inSource"}]
    assert "suppressions" not in cured
    assert run["invocations"][0]["executionSuccessful"] is False
    statuses = [verdict["status"] for verdict in run["properties"]["verdicts"]]
    assert statuses == ["repaired", "blocked", "rejected", "unverified"]


def _fixes(plan: Plan) -> list[dict[str, Any]]:
    return [fix for result in _sarif(plan)["results"] for fix in result.get("fixes", ())]


def test_sarif_carries_a_fix_with_its_edits_and_what_is_known_of_it_alone() -> None:
    cured = replacing(SOURCE, "n)", "int(n))")
    proven = verdict("m.py", fixes=cured.fixes, proven=("values",))
    [fix] = _fixes(plan_of(cured, verdicts=(proven,)))
    assert fix["description"]["text"] == "Make the count an int (proven)"
    [change] = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "m.py", "uriBaseId": "%SRCROOT%"}
    region = {"startLine": 2, "startColumn": 20, "endLine": 2, "endColumn": 22}
    assert change["replacements"] == [
        {"deletedRegion": region, "insertedContent": {"text": "int(n))"}}
    ]


def test_sarif_claims_no_more_of_a_fix_than_was_run() -> None:
    cured = replacing(SOURCE, "n)", "int(n))")
    [id_] = cured.fixes
    proven = verdict("m.py", fixes=(id_,), proven=("values",))

    def title(file: FilePlan, *verdicts: Verdict) -> str:
        [fix] = _fixes(plan_of(file, verdicts=verdicts))
        told: str = fix["description"]["text"]
        return told.removeprefix("Make the count an int ")

    alone = "(proven together with this file's other fixes, not alone)"
    assert title(replace(cured, fixes=(id_, replace(id_, ordinal=1))), proven) == alone
    assert title(replace(cured, after=cured.after.replace("int", "len")), proven) == alone
    assert title(cured, replace(proven, proven=())) == "(not proven)"
    assert title(replace(cured, fixes=()), repaired("m.py", "Other")) == "(not proven)"


def test_sarif_carries_no_fix_that_harms_or_that_is_suppressed_or_without_edits() -> None:
    cured = replacing(SOURCE, "n)", "int(n))")
    [id_], [found] = cured.fixes, cured.findings
    dropped = replace(blocked("m.py"), dropped=(Dropped(id_, "it changed the output"),))
    assert _fixes(plan_of(cured, verdicts=(dropped,))) == []
    assert _fixes(plan_of(replace(cured, findings=(), suppressed=(found,)))) == []
    bare = replace(found, remedy=Fix("Make the count an int", ()))
    assert _fixes(plan_of(replace(cured, findings=(bare,)))) == []
    elsewhere = Fix("Make it an int", (TextEdit(Span(0, 0), "x", "not/in/the/plan.py"),))
    assert _fixes(plan_of(replace(cured, findings=(replace(found, remedy=elsewhere),)))) == []


def test_sarif_inserts_at_a_point() -> None:
    cured = replacing(SOURCE, "n)", "int(n))")
    [found] = cured.findings
    insertion = Fix("Import it", (TextEdit(Span(0, 0), "import x\n"),))
    [fix] = _fixes(plan_of(replace(cured, findings=(replace(found, remedy=insertion),))))
    [replacement] = fix["artifactChanges"][0]["replacements"]
    here = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    assert replacement["deletedRegion"] == here, "without an end it would be all of the line"


def test_a_fingerprint_stays_while_lines_move() -> None:
    def prints(text: str) -> list[str]:
        plan = plan_of(refused(Source.of(text, "m.py"), "n)", "why"))
        return [result["partialFingerprints"]["tracefix/v1"] for result in _sarif(plan)["results"]]

    assert prints(TEXT) == prints("\n\n" + TEXT)
