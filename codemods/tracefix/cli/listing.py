"""What is known of the rules: `tracefix rules` and `tracefix explain`."""

from __future__ import annotations

import difflib
import sys

from tracefix.cli.asked import Exit, Misuse
from tracefix.cli.console import say
from tracefix.repair import unused
from tracefix.rules import Rule, registry


def all_rules() -> list[Rule]:
    """Every rule by slug, with what looks at the comments that suppress the others."""
    return sorted((*registry(), unused.RULE), key=lambda rule: rule.slug)


def list_rules() -> Exit:
    """Every rule in a line of its own, by slug."""
    rules = all_rules()
    width = max((len(rule.slug) for rule in rules), default=0)
    for rule in rules:
        blocks = ",".join(sorted(target.value for target in rule.blocks))
        say(f"{rule.slug:{width}}  {blocks:12}  {rule.safety.value:6}  {rule.title}\n", sys.stdout)
    return Exit.CLEAN


def explain_rule(slug: str) -> Exit:
    """The rule's page. Raises Misuse where there is no such rule."""
    pages = {rule.slug: rule.page for rule in all_rules()}
    if slug not in pages:
        close = difflib.get_close_matches(slug, pages, 1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        raise Misuse(f"{slug}: no such rule{meant}; `tracefix rules` lists them")
    say(pages[slug].strip() + "\n", sys.stdout)
    return Exit.CLEAN
