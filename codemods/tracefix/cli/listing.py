"""What is known of the rules: `tracefix rules` and `tracefix explain`."""

from __future__ import annotations

import difflib
import json
import sys

from tracefix.cli.asked import Exit, Listing, Misuse
from tracefix.cli.console import has_colour, say, width_of
from tracefix.model import Target
from tracefix.repair import unused
from tracefix.report.targets import page
from tracefix.rules import Rule, registry
from tracefix.rules.page import markdown


def all_rules() -> list[Rule]:
    """Every rule by slug, with what looks at the comments that suppress the others."""
    return sorted((*registry(), unused.RULE), key=lambda rule: rule.slug)


def list_rules(format: Listing) -> Exit:
    """Every rule in a line of its own, by slug; or all of them with their pages, as JSON."""
    if format is Listing.JSON:
        document = {"version": 1, "rules": [_described(rule) for rule in all_rules()]}
        say(json.dumps(document, indent=2) + "\n", sys.stdout)
        return Exit.CLEAN
    rules = all_rules()
    width = max((len(rule.slug) for rule in rules), default=0)
    for rule in rules:
        blocks = ",".join(sorted(target.value for target in rule.blocks))
        say(f"{rule.slug:{width}}  {blocks:12}  {rule.safety.value:6}  {rule.title}\n", sys.stdout)
    return Exit.CLEAN


def _described(rule: Rule) -> dict[str, object]:
    return {
        "slug": rule.slug,
        "title": rule.title,
        "blocks": sorted(target.value for target in rule.blocks),
        "safety": rule.safety.value,
        "always": rule.always,
        "page": markdown(rule),
    }


def explain_rule(slug: str) -> Exit:
    """The rule's page: Markdown, laid out where there is a terminal to lay it out for.

    Raises Misuse where there is no such rule.
    """
    pages = {target.value: page(target) for target in Target}
    pages |= {rule.slug: markdown(rule) for rule in all_rules()}
    if slug not in pages:
        close = difflib.get_close_matches(slug, pages, 1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        raise Misuse(f"{slug}: no such rule{meant}; `tracefix rules` lists them")
    if not has_colour(sys.stdout):
        say(pages[slug], sys.stdout)
        return Exit.CLEAN
    from rich.console import Console
    from rich.markdown import Markdown

    Console(force_terminal=True, width=width_of(sys.stdout)).print(Markdown(pages[slug]))
    return Exit.CLEAN
