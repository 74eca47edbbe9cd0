"""The formats for programs and pages: schemas, places, levels, escapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from made_plans import RULE, blocked, plan_of, refused, repaired, replacing, verdict
from tracefix.model import (
    UNUSED,
    Dropped,
    FilePlan,
    Fix,
    FixId,
    Note,
    Outcome,
    Place,
    Plan,
    Source,
    Span,
    Target,
    TextEdit,
    Verdict,
)
from tracefix.report.concise import concise_report
from tracefix.report.github import github_report
from tracefix.report.json import json_report
from tracefix.report.markdown import markdown_report
from tracefix.report.problems import Level, problems
from tracefix.report.sarif import RulePage, sarif_report
from tracefix.report.statistics import statistics_report
from tracefix.report.view import View

ROOT = Path(__file__).parents[2]
SARIF_SCHEMA = ROOT.parent / "shared" / "schemas" / "sarif-2.1.0.json"
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))

HERE = Path("/project")
VIEW = View(HERE, HERE)
TEXT = "class Net:\n    for _ in range(n): pass\n"
SOURCE = Source.of(TEXT, "m.py")
DIFFERS = Outcome(
    "compare",
    False,
    "output differs: 1 of 1 values",
    held=("the example",),
    broke=("zeros",),
    notes=(Note("self.training is read here", Place("m.py", 2)), Note("no place")),
)
PAGES = [RulePage(RULE, "Loop over a tensor.", "# page"), RulePage(UNUSED, "Unused.", "# page")]


def _plan() -> Plan:
    """A plan with one of everything."""
    cured = replacing(SOURCE, "n)", "int(n))")
    left = refused(replace(SOURCE, path="a, b|c.py"), "n)", "100% a\nfloat: <b>")
    quiet = refused(replace(SOURCE, path="d.py"), "n)", "why")
    quiet = replace(quiet, findings=(), suppressed=quiet.findings)
    dropped = (Dropped(FixId("d.py", RULE, "Net.forward", "n"), "it changed the output"),)
    return replace(
        plan_of(
            cured,
            left,
            quiet,
            FilePlan(replace(SOURCE, path="e.py"), TEXT, trouble="no python"),
            verdicts=(
                repaired("m.py", proven=("values", "gradients"), speed=1.5),
                blocked("a, b|c.py", outcome=DIFFERS),
                replace(blocked("d.py"), dropped=dropped, accepted=frozenset({Target.SCRIPT})),
                verdict("m.py", "Other", trouble=Outcome("example", False, "no example")),
            ),
        ),
        troubles=("a worker crashed: 100%",),
    )


def _closed(schema: Any) -> Any:
    """The schema with every key that it does not name forbidden."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if "properties" in schema else closed


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (
            schema.get("properties", ()) if isinstance(schema.get("properties"), dict) else ()
        )
        for value in schema.values():
            yield from _named(value)


def test_json_is_what_the_schema_documents_and_no_more() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for plan in (_plan(), Plan()):
        told = json.loads(json_report(plan, HERE, statistics=True))
        jsonschema.validate(told, SCHEMA, cls=jsonschema.Draft202012Validator)
        jsonschema.validate(told, _closed(SCHEMA), cls=jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**told, "version": 2}, SCHEMA)


def test_every_documented_key_is_there() -> None:
    text = json_report(_plan(), HERE, statistics=True)
    assert [name for name in set(_named(SCHEMA)) if f'"{name}":' not in text] == []


def _sarif(plan: Plan) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(sarif_report(plan, VIEW, "1.0", PAGES))["runs"][0]
    return run


@pytest.mark.skipif(
    not SARIF_SCHEMA.is_file(),
    reason="../shared/schemas/sarif-2.1.0.json is not beside the project",
)
def test_sarif_is_valid_by_the_official_schema() -> None:
    schema = json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))
    for plan in (_plan(), Plan()):
        told = json.loads(sarif_report(plan, VIEW, "1.0", PAGES))
        jsonschema.validate(told, schema, cls=jsonschema.Draft4Validator)
    told["runs"][0]["results"] = [{"level": "error"}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schema, cls=jsonschema.Draft4Validator)


def test_sarif_has_places_levels_rules_and_suppressions() -> None:
    run = _sarif(_plan())
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


def test_markdown_tells_of_what_was_changed_though_it_was_kept() -> None:
    fixes = (FixId("m.py", RULE, "Net.forward", "n"),)
    kept = verdict("m.py", fixes=fixes, proven=("values",))
    told = markdown_report(plan_of(verdicts=(kept, verdict("m.py", "Untouched"))), VIEW)
    assert f"| 🔧 | `Net` in `m.py` | kept | ok | ok | changed, proven the same: {RULE}<br>" in told
    assert "Untouched" not in told


def test_a_fingerprint_stays_while_lines_move() -> None:
    def prints(text: str) -> list[str]:
        plan = plan_of(refused(Source.of(text, "m.py"), "n)", "why"))
        return [result["partialFingerprints"]["tracefix/v1"] for result in _sarif(plan)["results"]]

    assert prints(TEXT) == prints("\n\n" + TEXT)


def test_github_escapes_and_points() -> None:
    lines = github_report(_plan(), VIEW).splitlines()
    assert lines[0] == "::error title=tracefix::e.py: no python"
    assert lines[1] == "::error title=tracefix::a worker crashed: 100%25"
    assert f"title=tracefix ({RULE}),file=a%2C b|c.py,line=2,col=20,endColumn=22" in lines[3]
    assert lines[3].endswith("::range over a tensor's value%0Aleft alone: 100%25 a%0Afloat: <b>")
    assert lines[2].startswith("::error title=tracefix (script),file=a%2C b|c.py,line=1,col=1::")
    assert lines[4].startswith("::warning ")
    assert len(lines) == 5, "what is suppressed is not told"


def test_what_torch_tells_of_no_place_is_told_at_the_head_of_the_class() -> None:
    text = "import x\n\n@x\nclass Net:\n    class Inner:\n        pass\n"
    file = FilePlan(Source.of(text, "m.py"), text)
    plan = plan_of(file, verdicts=(blocked("m.py", "Net.Inner", DIFFERS),))
    [told] = problems(plan)
    assert (told.rule, told.place.line, told.place.column) == ("script", 5, 4)
    assert told.message == "Net.Inner: output differs: 1 of 1 values"


def test_levels() -> None:
    file = refused(SOURCE, "n)", "why")
    [found] = problems(plan_of(file))
    assert found.level is Level.ERROR
    [taken] = problems(plan_of(file, verdicts=(verdict("m.py"),)))
    assert taken.level is Level.NOTE
    [beside] = problems(plan_of(file, verdicts=(repaired("m.py"),)))
    assert beside.level is Level.NOTE
    assert "left to do" not in markdown_report(plan_of(file, verdicts=(repaired("m.py"),)), VIEW)
    [cured] = problems(plan_of(replacing(SOURCE, "n)", "int(n))"), verdicts=(repaired("m.py"),)))
    assert cured.level is Level.WARNING


def test_concise_is_a_line_a_problem() -> None:
    told = concise_report(_plan(), VIEW, show_cured=True).splitlines()
    assert told[:3] == [
        "a, b|c.py:1:1: script Net: output differs: 1 of 1 values",
        f"a, b|c.py:2:20: {RULE} range over a tensor's value",
        f"m.py:2:20: {RULE} [*] range over a tensor's value",
    ]
    assert told[3].startswith("4 files, 2 findings, 1 suppressed, 1 to change")
    assert "m.py" not in concise_report(_plan(), VIEW, show_cured=False)


def test_statistics_count_by_rule() -> None:
    told = statistics_report(_plan(), VIEW).splitlines()
    assert told[0].split() == ["found", "cured", "left", "alone", "suppressed", "rule"]
    assert told[1].split() == ["2", "1", "1", "1", RULE]
    assert statistics_report(Plan(), VIEW).startswith("0 files")


def test_markdown_shows_markup_as_it_is() -> None:
    told = markdown_report(_plan(), VIEW)
    assert told.startswith("### tracefix: 4 files, 2 findings, 1 suppressed, 1 to change")
    assert (
        "| 🔧 | `Net` in `m.py` | repaired | fails → ok | ok "
        f"| fixed: {RULE}<br>proven: values, gradients, script, trace |" in told
    )
    assert "`a, b\\|c.py:2:20`" in told
    assert "&lt;b&gt;" in told
    assert "rejected (suppressed)" in told
    assert "\n```diff\n--- a/m.py\n" in told
    assert markdown_report(Plan(), VIEW) == "### tracefix: 0 files, 0 findings\n"


def test_markdown_fits_into_a_comment_and_says_what_is_left_out() -> None:
    long = Source.of("x = '```'\n" + "range(n)\n" * 20_000, "m.py")
    after = FilePlan(long, long.text.replace("range", "list"))
    told = markdown_report(plan_of(after), VIEW)
    assert len(told) < 65_536
    assert told.endswith("The rest is too long for a comment.\n")
    short = replace(after, source=Source.of("x = '```'\n", "m.py"), after="x = '````'\n")
    assert "\n`````diff\n" in markdown_report(plan_of(short), VIEW)
