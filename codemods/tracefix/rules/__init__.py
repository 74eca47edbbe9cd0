"""The rules: one hostile pattern a file, found by walking this package.

A rule's module holds `RULE`, `find`, `fix` and, where only torch's error can tell that the
rule applies, `answer`. Its docstring is its page.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import TopologicalSorter

from tracefix.facts import Facts
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit

Find = Callable[[Facts], Iterator[Hit]]
Fixer = Callable[[Hit, Facts], Change | Refusal | None]
Answer = Callable[[Outcome, Facts], Iterator[Hit]]


def _finds_nothing(facts: Facts) -> Iterator[Hit]:
    return iter(())


@dataclass(frozen=True)
class Rule:
    """What a rule's file declares; the registry adds its functions and its page."""

    slug: str
    blocks: frozenset[Target]
    safety: Safety
    answers: tuple[str, ...] = ()  # patterns on torch's messages that the rule can cure
    after: tuple[str, ...] = ()  # slugs of rules whose fixes this one builds on
    always: bool = False  # wanted even where it blocks nothing (verified all the same)
    page: str = ""
    find: Find = field(default=_finds_nothing, compare=False)
    fix: Fixer = field(default=lambda hit, facts: None, compare=False)
    answer: Answer | None = field(default=None, compare=False)

    @property
    def title(self) -> str:
        return self.page.partition("\n")[0].rstrip(".")

    def answers_to(self, error: str) -> bool:
        """Whether torch's message is one that this rule can cure."""
        return any(re.search(pattern, error) for pattern in self.answers)


@cache
def registry() -> tuple[Rule, ...]:
    """Every rule, those that others build on first, else by slug."""
    rules: dict[str, Rule] = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        declared: Rule | None = getattr(module, "RULE", None)
        if declared is None:
            continue  # an idea that several rules of a family share
        if declared.slug != entry.name.replace("_", "-"):
            raise RuntimeError(
                f"rule {declared.slug} must lie in {declared.slug.replace('-', '_')}.py"
            )
        rules[declared.slug] = replace(
            declared,
            page=module.__doc__ or "",
            find=getattr(module, "find", _finds_nothing),
            fix=module.fix,
            answer=getattr(module, "answer", None),
        )
    order = TopologicalSorter({slug: rules[slug].after for slug in sorted(rules)})
    return tuple(rules[slug] for slug in order.static_order() if slug in rules)


@cache
def by_slug(slug: str) -> Rule:
    """One rule. Raises KeyError where there is none of that name."""
    for rule in registry():
        if rule.slug == slug:
            return rule
    raise KeyError(slug)
