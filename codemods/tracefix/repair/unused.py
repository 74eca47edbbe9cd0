"""Suppress something that tracefix does not find, or no longer finds.

What it does
    Finds comments `# tracefix: ignore[SLUG]` that suppress nothing, that name no rule, or that
    cannot be understood. A comment is called unused only where every module class of its file was
    run, since what a rule finds depends on the types that a run has shown.

Why it matters
    A comment that is left behind hides the next thing of its kind, and one with a misspelt slug
    hides nothing.

Example
    # tracefix: ignore[tensor-brunch] a flag, never a tensor
    def forward(self, x):
        return torch.relu(x)

Use instead
    def forward(self, x):
        return torch.relu(x)

When it is refused
    tracefix --apply leaves comments alone: take it out by hand, or with the editor's quick fix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tracefix.config import Config
from tracefix.model import UNUSED, FilePlan, Finding, Fix, Plan, Safety, Target, Verdict
from tracefix.rules import Rule, registry
from tracefix.sources.suppressions import Suppression, removing, suppressions_of

RULE = Rule(UNUSED, frozenset(), Safety.SAFE, page=__doc__)


def with_unused(plan: Plan, config: Config, rules: Sequence[Rule]) -> Plan:
    """The plan, and a finding for each comment that suppresses nothing that `rules` find."""
    if (config.select and UNUSED not in config.select) or UNUSED in config.ignore:
        return plan
    files = tuple(
        (
            replace(file, findings=tuple(sorted((*file.findings, *found), key=_in_text)))
            if (found := list(_findings(file, plan, config, rules)))
            else file
        )
        for file in plan.files
    )
    return replace(plan, files=files)


def _in_text(finding: Finding) -> tuple[object, str]:
    return finding.span, finding.rule


def _findings(
    file: FilePlan, plan: Plan, config: Config, rules: Sequence[Rule]
) -> Iterator[Finding]:
    told = suppressions_of(file.source)
    if file.trouble is not None or told.skips_file:
        return
    for comment in told.comments:
        if told.covers(UNUSED, file.source.place(comment.span.start).line):
            continue
        if comment.fault:
            yield _finding(file, comment, comment.fault, ())
            continue
        judged = {slug: _fault(slug, comment, file, plan, config, rules) for slug in comment.slugs}
        for fault in dict.fromkeys(judged.values()):
            if fault:
                slugs = tuple(slug for slug, why in judged.items() if why == fault)
                yield _finding(file, comment, fault.format(", ".join(slugs)), slugs)


def _fault(
    slug: str,
    comment: Suppression,
    file: FilePlan,
    plan: Plan,
    config: Config,
    rules: Sequence[Rule],
) -> str:
    """What is wrong with one slug of a comment; "" where nothing is known to be."""
    known = {rule.slug: rule for rule in registry()}
    targets = {target.value: target for target in Target}
    if slug not in {*known, *targets, UNUSED}:
        close = difflib.get_close_matches(slug, [*known, *targets, UNUSED], 1)
        return "names no rule: {}" + (f" (did you mean {close[0]}?)" if close else "")
    verdicts = [verdict for verdict in plan.verdicts if verdict.subject.path == file.source.path]
    settled = config.verify and all(verdict.trouble is None for verdict in verdicts)
    selected = slug in targets or slug in {rule.slug for rule in rules}
    if not settled or not selected or slug == UNUSED:
        return ""
    if any(comment.covers(slug, f.place.line) for f in file.suppressed if f.rule == slug):
        return ""
    by_error = {targets[slug]} if slug in targets else _answering(known[slug])
    if by_error and not (verdicts and _all_pass(by_error, file, plan.verdicts)):
        return ""
    return "suppresses nothing: {}"


def _answering(rule: Rule) -> frozenset[Target]:
    """The targets whose errors alone can show that a rule applies."""
    return rule.blocks if rule.answer is not None else frozenset()


def _all_pass(
    targets: frozenset[Target] | set[Target], file: FilePlan, verdicts: Sequence[Verdict]
) -> bool:
    """Whether targets took all that a file has to do with, before any fix."""
    return all(
        outcome.ok
        for verdict in verdicts
        for outcomes in (verdict.before, verdict.after)
        for target, outcome in outcomes.items()
        if target in targets
        and (
            verdict.subject.path == file.source.path
            or any(place.path == file.source.path for place in outcome.places)
        )
    )


def _finding(file: FilePlan, comment: Suppression, fault: str, slugs: tuple[str, ...]) -> Finding:
    source = file.source
    edit = removing(source, comment, slugs)
    fix = Fix(
        "Take out the comment" if edit.text == "" else "Take out the slug", (edit,), Safety.SAFE
    )
    place = source.place(comment.span.start)
    message = f"the comment {fault}"
    return Finding(UNUSED, source.path, comment.span, place, message, frozenset(), fix)
