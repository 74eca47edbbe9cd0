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
from report.whole_plan import DIFFERS, HERE, SOURCE, VIEW, whole_plan
from tracefix.model import (
    FilePlan,
    FixId,
    Plan,
    Source,
)
from tracefix.report.concise import concise_report
from tracefix.report.github import github_report
from tracefix.report.json import json_report
from tracefix.report.markdown import markdown_report
from tracefix.report.problems import Level, problems
from tracefix.report.statistics import statistics_report

ROOT = Path(__file__).parents[2]


SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))


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
    for plan in (whole_plan(), Plan()):
        told = json.loads(json_report(plan, HERE, statistics=True))
        jsonschema.validate(told, SCHEMA, cls=jsonschema.Draft202012Validator)
        jsonschema.validate(told, _closed(SCHEMA), cls=jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**told, "version": 2}, SCHEMA)


def test_every_documented_key_is_there() -> None:
    text = json_report(whole_plan(), HERE, statistics=True)
    assert [name for name in set(_named(SCHEMA)) if f'"{name}":' not in text] == []


def test_markdown_tells_of_what_was_changed_though_it_was_kept() -> None:
    fixes = (FixId("m.py", RULE, "Net.forward", "n"),)
    kept = verdict("m.py", fixes=fixes, proven=("values",))
    told = markdown_report(plan_of(verdicts=(kept, verdict("m.py", "Untouched"))), VIEW)
    assert f"| 🔧 | `Net` in `m.py` | kept | ok | ok | changed, proven the same: {RULE}<br>" in told
    assert "Untouched" not in told


def test_github_escapes_and_points() -> None:
    lines = github_report(whole_plan(), VIEW).splitlines()
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
    told = concise_report(whole_plan(), VIEW, show_cured=True).splitlines()
    assert told[:3] == [
        "a, b|c.py:1:1: script Net: output differs: 1 of 1 values",
        f"a, b|c.py:2:20: {RULE} range over a tensor's value",
        f"m.py:2:20: {RULE} [*] range over a tensor's value",
    ]
    assert told[3].startswith("4 files, 2 findings, 1 suppressed, 1 to change")
    assert "m.py" not in concise_report(whole_plan(), VIEW, show_cured=False)


def test_statistics_count_by_rule() -> None:
    told = statistics_report(whole_plan(), VIEW).splitlines()
    assert told[0].split() == ["found", "cured", "left", "alone", "suppressed", "rule"]
    assert told[1].split() == ["2", "1", "1", "1", RULE]
    assert statistics_report(Plan(), VIEW).startswith("0 files")


def test_markdown_shows_markup_as_it_is() -> None:
    told = markdown_report(whole_plan(), VIEW)
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
