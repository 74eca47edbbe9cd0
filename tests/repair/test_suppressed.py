"""What comments say to leave alone is neither told nor fixed, and what then fails is no news."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from made_plans import verdict
from made_session import SUBJECT, TEXT, MadeVerifier, blocked_by, made_session, renaming
from tracefix.config import Config
from tracefix.model import PASSED, UNUSED, FilePlan, Outcome, Place, Plan, Source, Target
from tracefix.repair import make_plan
from tracefix.repair.accepted import accepted
from tracefix.repair.search import search, untouched
from tracefix.repair.unused import with_unused
from tracefix.repair.workspace import Workspace
from tracefix.rules import by_slug, registry
from tracefix.sources.suppressions import adding

FIRST = renaming("first", "one", answers=("first",))
SECOND = renaming("second", "two", answers=("second",))
STATIC = Config(Path(), verify=False)
FAILS = {Target.SCRIPT: Outcome("compile", False, "no", (Place(SUBJECT.path, 8, 4),))}


def _with(text: str, line: int, *slugs: str) -> str:
    """The text with a comment on a line."""
    [edit] = adding(Source.of(text), {line: slugs})
    return text[: edit.span.start] + edit.text + text[edit.span.end :]


def test_a_suppressed_fix_is_not_tried_and_the_others_are() -> None:
    text = _with(TEXT, 6, FIRST.slug)
    session = made_session(MadeVerifier(blocked_by("second")), FIRST, SECOND, text=text)
    found = search(session, untouched(session))
    assert [step.id.rule for step in found.steps] == [SECOND.slug]
    session = made_session(MadeVerifier(blocked_by("first(")), FIRST, text=text)
    assert search(session, untouched(session)).steps == ()


def test_a_failure_is_accepted_where_what_blocks_is_suppressed() -> None:
    def told(text: str) -> frozenset[Target]:
        workspace = Workspace({SUBJECT.path: Source.of(text, SUBJECT.path)}, (FIRST, SECOND))
        return accepted(workspace, SUBJECT, FAILS)

    assert told(TEXT) == frozenset()
    assert told(_with(TEXT, 6, FIRST.slug)) == {Target.SCRIPT}
    assert told(_with(TEXT, 6, SECOND.slug)) == frozenset(), "that is found on line 7"
    assert told(_with(TEXT, 8, "script")) == {Target.SCRIPT}
    assert told(_with(TEXT, 8, "trace")) == frozenset()
    assert told(_with(TEXT, 4, "script")) == {Target.SCRIPT}, "at the head of the class"
    assert told(TEXT.replace("class", "# tracefix: ignore[script]\nclass")) == {Target.SCRIPT}


HOSTILE = """import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            return x
        return -x
"""


def _plan(text: str, config: Config = STATIC) -> FilePlan:
    return make_plan([Source.of(text, "m.py")], config).files[0]


def test_what_is_suppressed_is_kept_apart() -> None:
    plan = _plan(HOSTILE)
    assert {finding.rule for finding in plan.findings} == {"tensor-branch"}
    for text in (
        HOSTILE.replace("> 0:", "> 0:  # tracefix: ignore[tensor-branch]"),
        HOSTILE.replace("class", "# tracefix: ignore[tensor-branch]\nclass"),
        HOSTILE + "# tracefix: skip-file\n",
    ):
        plan = _plan(text)
        assert plan.findings == ()
        assert {finding.rule for finding in plan.suppressed} == {"tensor-branch"}


def test_the_settings_can_silence_a_rule_in_some_files() -> None:
    ignoring = replace(STATIC, per_file_ignores=(("legacy/", frozenset({"tensor-branch"})),))
    sources = [Source.of(HOSTILE, path) for path in ("legacy/m.py", "m.py")]
    told = {f.source.path: len(f.findings) for f in make_plan(sources, ignoring).files}
    assert told == {"legacy/m.py": 0, "m.py": 1}


def test_a_skipped_file_has_no_verdicts_and_may_be_no_python() -> None:
    skipped = Source.of("# tracefix: skip-file\n" + HOSTILE, "m.py")
    broken = Source.of("# tracefix: skip-file\nprint 1\n", "n.py")
    plan = make_plan([skipped, broken], STATIC)
    assert plan.verdicts == ()
    assert [file.trouble for file in plan.files] == [None, None]


def test_slugs_that_no_rule_has_and_words_that_are_none() -> None:
    text = HOSTILE.replace("-x", "-x  # tracefix: ignore[tensor-brunch, zzzz]")
    [*_, close, unknown] = _plan(text).findings
    assert close.message == (
        "the comment names no rule: tensor-brunch (did you mean tensor-branch?)"
    )
    assert unknown.message == "the comment names no rule: zzzz"
    [*_, garbled] = _plan(HOSTILE + "# tracefix: ignore tensor-branch\n").findings
    assert garbled.rule == UNUSED
    assert "is neither" in garbled.message
    assert garbled.fix is not None
    unasked = _plan(text, replace(STATIC, ignore=frozenset({UNUSED})))
    assert {finding.rule for finding in unasked.findings} == {"tensor-branch"}


def test_a_comment_is_called_unused_only_where_all_was_run_and_nothing_failed() -> None:
    text = HOSTILE.replace("-x", "-x  # tracefix: ignore[tensor-branch, script]")
    source = Source.of(text, "m.py")
    file = FilePlan(source, text)
    passed = verdict("m.py")
    failed = {Target.SCRIPT: Outcome("compile", False, "no"), Target.TRACE: PASSED}

    def told(config: Config, **changes: object) -> list[str]:
        plan = Plan((file,), (replace(passed, **changes),))  # type: ignore[arg-type]
        return [f.message for f in with_unused(plan, config, registry()).files[0].findings]

    config = Config(Path())
    assert told(config) == ["the comment suppresses nothing: tensor-branch, script"]
    assert told(STATIC) == []
    assert told(config, trouble=Outcome("example", False, "no example")) == []
    assert told(config, before=failed) == ["the comment suppresses nothing: tensor-branch"]
    assert told(replace(config, ignore=frozenset({UNUSED}))) == []
    other = Plan((file,), (passed,))
    assert with_unused(other, config, (by_slug("empty-list"),)).files[0].findings[0].message == (
        "the comment suppresses nothing: script"
    )
    assert with_unused(Plan((file,), ()), config, registry()).files[0].findings[0].message == (
        "the comment suppresses nothing: tensor-branch"
    ), "of what no class of the file has to do with, a target says nothing"


def test_one_that_suppresses_something_is_not_called_unused() -> None:
    text = HOSTILE.replace("> 0:", "> 0:  # tracefix: ignore[tensor-branch]")
    source = Source.of(text, "m.py")
    file = make_plan([source], STATIC).files[0]
    plan = Plan((file,), (verdict("m.py"),))
    assert with_unused(plan, Config(Path()), registry()) == plan
