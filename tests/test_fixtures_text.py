"""Each rule against its fixtures, as text."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter

import pytest

from fixture_cases import Case, cases, rewritten
from tracefix.rules import Rule, registry


@pytest.mark.parametrize("case", cases(), ids=lambda c: c.id)
def test_the_rule_gives_the_right_answer(case: Case) -> None:
    text, refusals = rewritten(case)
    assert text == (case.after or case.before)
    wanted = case.spec.get("refusal")
    assert bool(refusals) == bool(wanted), refusals
    if wanted:
        assert any(re.search(wanted, reason) for reason in refusals), refusals


@pytest.mark.parametrize("case", [c for c in cases() if c.after], ids=lambda c: c.id)
def test_comments_are_kept(case: Case) -> None:
    assert _comments(case.before) == _comments(case.after or "")


@pytest.mark.parametrize("rule", registry(), ids=lambda r: r.slug)
def test_the_rule_has_a_plain_case_a_lookalike_and_odd_layout(rule: Rule) -> None:
    kinds = {c.folder.name.partition("_")[0] for c in cases() if c.slug == rule.slug}
    assert {"plain", "lookalike", "layout"} <= kinds


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(t.string for t in tokens if t.type == tokenize.COMMENT)
