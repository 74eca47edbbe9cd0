"""A session without torch: what "passes" is told by a function of the text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracefix.config import Config
from tracefix.facts import Facts
from tracefix.model import PASSED, Outcome, Place, Safety, Source, Subject, Target
from tracefix.repair.session import Session
from tracefix.repair.workspace import Workspace
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule
from tracefix.verify.protocol import Attempt, Baseline, Proof

PATH = "m.py"
SUBJECT = Subject(PATH, "M")
TEXT = """from torch import nn


class M(nn.Module):
    def forward(self, x):
        a = first(x)
        b = second(a)
        return third(b)
"""

Judge = Callable[[str], Outcome]


def renaming(old: str, new: str, *, always: bool = False, answers: tuple[str, ...] = ()) -> Rule:
    """A rule that calls `new` where the text calls `old`."""

    def find(facts: Facts) -> Iterator[Hit]:
        for node in facts.in_forward(ast.Name):
            if isinstance(node, ast.Name) and node.id == old:
                yield Hit(node, f"{old} is called")

    def fix(hit: Hit, facts: Facts) -> Change:
        return Change(f"call {new}", (replace(hit.node, new),))

    script = frozenset({Target.SCRIPT})
    slug = f"{old}-for-{new}"
    return Rule(slug, script, Safety.PROVEN, answers, always=always, find=find, fix=fix)


@dataclass
class MadeVerifier:
    """Judges texts by functions: `eager` says whether outputs stay, `script` what blocks."""

    script: Judge
    eager: Judge = lambda text: PASSED
    proof: Judge = lambda text: PASSED
    target: Target = Target.SCRIPT
    asked: list[str] = field(default_factory=list)

    def attempt(
        self, overlay: Mapping[str, str], wanted: Mapping[Subject, tuple[Target, ...]]
    ) -> dict[Subject, Attempt]:
        text = overlay.get(PATH, TEXT)
        self.asked.append(text)
        outcomes = {self.target: self.script(text)}
        return {s: Attempt(s, self.eager(text), outcomes) for s in wanted}

    def prove(
        self,
        overlay: Mapping[str, str],
        subjects: Iterable[Subject],
        targets: Iterable[Target],
    ) -> dict[Subject, Proof]:
        text = overlay.get(PATH, TEXT)
        outcomes = {self.target: self.script(text)}
        return {s: Proof(s, self.proof(text), outcomes) for s in subjects}


def blocked_by(*names: str) -> Judge:
    """A compiler that stops at the first of some names that the text still has."""

    def judge(text: str) -> Outcome:
        for name in names:
            if name in text:
                line = text[: text.index(name)].count("\n") + 1
                return Outcome("compile", False, f"{name} is unknown", (Place(PATH, line, 8),))
        return PASSED

    return judge


def made_session(verifier: MadeVerifier, *rules: Rule, text: str = TEXT) -> Session:
    """A session about `text` alone, in which class M has an example."""
    source = Source.of(text, PATH)
    workspace = Workspace({PATH: source}, rules)
    baseline = Baseline(SUBJECT, PASSED, {verifier.target: verifier.script(text)})
    return Session(
        Config(Path(), targets=(verifier.target,)),
        workspace,
        verifier,  # type: ignore[arg-type]
        {SUBJECT: baseline},
        lambda label, done, total: None,
    )
