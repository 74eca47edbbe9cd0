"""The fixtures as data: fixtures/<slug>/<case>/{before.py, after.py, case.toml}.

case.toml: title · subject (class or function) · model and inputs (expressions; the class is
in scope by its name, torch too) · script and trace ([before, after], each "pass" or "fail") ·
rules (slugs, for the cases of whole/, which are models that several rules cure) ·
refusal (pattern on the reason; then there is no after.py) · mutant (replace, by: in after.py) ·
note (mode, line, text: what is told of a trace, see test_fixtures_noted.py) ·
observed.parameters, .locals, .attributes ({"Class.method.name" = types}: what a run has shown),
.returns ({"Class.method" = types}),
.values and .classes (as in model.Observed).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tracefix.facts import analyse
from tracefix.model import Observed, Refusal, Source
from tracefix.rewrite.lower import apply, lower
from tracefix.rules import Rule, registry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FIXTURES = Path(__file__).parent.parent / "fixtures"
ROUNDS = 20


@dataclass(frozen=True)
class Case:
    folder: Path
    slug: str
    spec: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.slug}/{self.folder.name}"

    @property
    def rules(self) -> list[Rule]:
        """The rule that the case is of; for a whole model those that it names, in their order."""
        slugs = self.spec.get("rules", [self.slug])
        return [rule for rule in registry() if rule.slug in slugs]

    @property
    def before(self) -> str:
        return (self.folder / "before.py").read_text()

    @property
    def after(self) -> str | None:
        """The right answer; None where the rule must leave the file alone."""
        file = self.folder / "after.py"
        return file.read_text() if file.exists() else None


@cache
def cases() -> tuple[Case, ...]:
    return tuple(
        Case(file.parent, file.parent.parent.name, tomllib.loads(file.read_text()))
        for file in sorted(FIXTURES.glob("*/*/case.toml"))
    )


def rewritten(case: Case) -> tuple[str, list[str]]:
    """The text after the case's rules have fixed all they can, and why they refused the rest."""
    text, observed = case.before, _observed(case.spec)
    for _ in range(ROUNDS):
        start, refusals = text, list[str]()
        for rule in case.rules:
            text, refused = fixed(rule, text, observed)
            refusals += refused
        if text == start:
            return text, refusals
    raise AssertionError(f"{case.id} still changes after {ROUNDS} rounds")


def _observed(spec: dict[str, Any]) -> Observed:
    """What the case says that a run has shown."""
    told = spec.get("observed", {})

    def variables(kind: str) -> dict[tuple[str, str, str], frozenset[str]]:
        split = {tuple(key.rsplit(".", 1)): types for key, types in told.get(kind, {}).items()}
        return {("module.py", f, name): frozenset(types) for (f, name), types in split.items()}

    def attributes(kind: str) -> dict[tuple[str, str], frozenset[str]]:
        owned = {tuple(key.rsplit(".", 1)): t for key, t in told.get(kind, {}).items()}
        return {(f"module.py::{c}", name): frozenset(t) for (c, name), t in owned.items()}

    return Observed(
        variables("parameters"),
        variables("locals"),
        returns={("module.py", f): frozenset(t) for f, t in told.get("returns", {}).items()},
        attributes=attributes("attributes"),
        values=attributes("values"),
        classes={name: frozenset(traits) for name, traits in told.get("classes", {}).items()},
    )


def fixed(rule: Rule, text: str, observed: Observed = Observed()) -> tuple[str, list[str]]:
    """`text` after one rule has fixed all it can, and the reasons for what it refused."""
    for _ in range(ROUNDS):
        facts = analyse([Source.of(text)], observed)[0]["module.py"]
        refusals = []
        for hit in rule.find(facts):
            remedy = rule.fix(hit, facts)
            if isinstance(remedy, Refusal):
                refusals.append(remedy.reason)
            elif remedy is not None:
                text = apply(text, lower(remedy, facts.unit))
                break
        else:
            return text, refusals
    raise AssertionError(f"{rule.slug} still finds something after {ROUNDS} rounds")
