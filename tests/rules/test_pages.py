"""Each rule's docstring is its page: it has the sections, its example runs, docs/ holds it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fixture_cases import fixed
from tracefix.rules import Rule, registry
from tracefix.rules.page import example, sections

REQUIRED = {"What it does", "Example", "Use instead", "When it is refused"}
GENERATE = Path(__file__).parents[2] / "docs" / "generate.py"


@pytest.mark.parametrize("rule", registry(), ids=lambda r: r.slug)
def test_the_page_has_the_sections(rule: Rule) -> None:
    headings = [section.heading for section in sections(rule)]
    assert set(headings) >= REQUIRED, headings
    assert any(heading.startswith("Why ") for heading in headings)


@pytest.mark.parametrize("rule", registry(), ids=lambda r: r.slug)
def test_the_example_becomes_what_to_use_instead(rule: Rule) -> None:
    before, after = example(rule)
    assert fixed(rule, before)[0] == after


def test_the_written_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", GENERATE)
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.stale() == []
