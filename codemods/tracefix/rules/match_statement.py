"""Choose by a match statement: `match mode: case "sum": ...`.

What it does
    Writes the chain of `if` and `elif` that asks the same, for patterns that are values, None,
    alternatives, names, classes, and sequences of values and names, with guards.

Why TorchScript rejects it
    "Match aren't supported".

Example
    from torch import nn


    class Pool(nn.Module):
        def __init__(self, mode: str = "sum"):
            super().__init__()
            self.mode = mode

        def forward(self, x):
            match self.mode:
                case "sum":
                    return x.sum(-1)
                case "mean" | "avg":
                    return x.mean(-1)
                case _:
                    return x

Use instead
    from torch import nn


    class Pool(nn.Module):
        def __init__(self, mode: str = "sum"):
            super().__init__()
            self.mode = mode

        def forward(self, x):
            if self.mode == "sum":
                return x.sum(-1)
            elif self.mode in ("mean", "avg"):
                return x.mean(-1)
            else:
                return x

When it is refused
    For patterns of dicts and of an object's attributes, names within alternatives or under a guard,
    True and False for what is not known to be a bool, and sequences of what is not known to be one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.facts.cases import (
    NoTest,
    Pattern,
    comment_beside,
    comments_above,
    names_given,
    pattern_of,
)
from tracefix.facts.local_names import fresh_local
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Source, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="match-statement",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # `==` of an object may be anything
    answers=(r"Match aren't supported",),
)
_PLAIN = ast.Name | ast.Attribute | ast.expr_context


def find(facts: Facts) -> Iterator[Hit]:
    """Every match statement."""
    for node in facts.in_forward(ast.Match):
        yield Hit(node, "TorchScript has no match statement")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The chain of branches."""
    statement = hit.node
    assert isinstance(statement, ast.Match)
    cases = statement.cases
    try:
        patterns = [
            pattern_of(case.pattern, statement.subject, facts.types, f"case{n}_")
            for n, case in enumerate(cases)
        ]
    except NoTest as reason:
        return Refusal(str(reason))
    subject, first = _subject(statement, patterns, facts)
    holes: dict[str, Hole] = {}
    edits: list[Edit] = []
    for number, (case, pattern) in enumerate(zip(cases, patterns, strict=True)):
        holes |= {**pattern.holes, f"body{number}": case.body}
        if case.guard is None:
            continue
        holes[f"guard{number}"] = case.guard
        named = names_given(case.pattern)
        if named and (not _is_whole(case.pattern) or named & _read_elsewhere(case, facts)):
            return Refusal("a guard decides after names were given")
        asked = (n for n in walk(case.guard) if isinstance(n, ast.Name) and n.id in named)
        edits += [replace(name, subject) for name in asked]
    source = facts.unit.source
    chain = "\n".join(_arm(n, case, patterns, source) for n, case in enumerate(cases))
    template = first + chain.replace("{subject}", subject)
    edit = replace(statement, template, subject=statement.subject, **holes)
    return Change("write a chain of branches", (edit, *edits))


def _is_whole(pattern: ast.pattern) -> bool:
    """`n` of `case n if n > 1`, which is what was matched."""
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _read_elsewhere(case: ast.match_case, facts: Facts) -> set[str]:
    """The names that are read outside of a case, which its guard may have left behind."""
    function = facts.unit.function_of(case.body[0])
    assert function is not None
    inside = set(walk(case))
    return {n.id for n in walk(function) if isinstance(n, ast.Name) and n not in inside}


def _subject(statement: ast.Match, patterns: Sequence[Pattern], facts: Facts) -> tuple[str, str]:
    """How the tests name what is matched, and the statement that gives a computed one its name."""
    if all(isinstance(node, _PLAIN) for node in walk(statement.subject)):
        return ast.unparse(statement.subject), ""
    asked = "".join(text for p in patterns for text in (p.test, *p.given)).count("{subject}")
    guarded = any(case.guard is not None for case in statement.cases)
    if asked == 1 and patterns[0].test and not guarded:
        return "{subject}", ""
    return _named(statement, facts)


def _named(statement: ast.Match, facts: Facts) -> tuple[str, str]:
    function = facts.unit.function_of(statement)
    assert function is not None
    name = fresh_local("subject", function, facts.unit)
    return name, f"{name} = {{subject}}\n"


def _arm(number: int, case: ast.match_case, patterns: Sequence[Pattern], source: Source) -> str:
    """One case as a branch of the chain, with the comments around its head."""
    pattern = patterns[number]
    test = pattern.test
    if case.guard is not None:
        guard = f"{{guard{number}}}"
        grouped = f"({test})" if " or " in test else test
        test = f"{grouped} and {guard}" if test else guard
    lines = [*pattern.given, f"{{body{number}}}"]
    if not test and number == 0:
        return "\n".join(lines)
    head = f"{'elif' if number else 'if'} {test}:" if test else "else:"
    beside = comment_beside(case, source)
    if beside:
        head = f"{head}  {beside}"
    return "\n".join([*comments_above(case, source), head, *(f"    {line}" for line in lines)])
