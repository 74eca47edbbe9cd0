"""What the patterns of a match statement ask and name, as tests and assignments.

A pattern becomes code around a hole for the subject: `{subject} == {value}`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from tracefix.facts.tree import walk
from tracefix.facts.types import Types
from tracefix.model import Source

_HOLES = frozenset("{}")  # a comment with braces is no part of a template


class NoTest(Exception):
    """The pattern has no test that asks the same; its text says why."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """A test on "{subject}", "" for one that always holds, and what names it gives then."""

    test: str
    holes: dict[str, ast.expr] = field(default_factory=dict)
    given: tuple[str, ...] = ()  # statements such as "n = {subject}"


def pattern_of(pattern: ast.pattern, subject: ast.expr, types: Types, prefix: str) -> Pattern:
    """A pattern as a test. Raises NoTest. `prefix` keeps the holes of several apart."""
    if isinstance(pattern, ast.MatchValue):
        hole = f"{prefix}value"
        return Pattern(f"{{subject}} == {{{hole}}}", {hole: pattern.value})
    if isinstance(pattern, ast.MatchSingleton):
        return Pattern(_singleton(pattern.value, subject, types))
    if isinstance(pattern, ast.MatchAs):
        return _named(pattern, subject, types, prefix)
    if isinstance(pattern, ast.MatchOr):
        return _one_of(pattern, subject, types, prefix)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(pattern, subject, types, prefix)
    if isinstance(pattern, ast.MatchClass):
        if pattern.patterns or pattern.kwd_patterns:
            raise NoTest("a pattern asks for the attributes of an object")
        hole = f"{prefix}class"
        return Pattern(f"isinstance({{subject}}, {{{hole}}})", {hole: pattern.cls})
    raise NoTest("a pattern asks for the keys of a dict")


def names_given(pattern: ast.pattern) -> set[str]:
    """The names that a pattern gives."""
    return {n.name for n in walk(pattern) if isinstance(n, ast.MatchAs) and n.name is not None}


def comments_above(case: ast.match_case, source: Source) -> list[str]:
    """The comments on lines of their own above a case."""
    found: list[str] = []
    number = case.pattern.lineno - 1
    while number > 0 and source.line(number).strip().startswith("#"):
        found.insert(0, source.line(number).strip())
        number -= 1
    return found if not _HOLES & set("".join(found)) else []


def comment_beside(case: ast.match_case, source: Source) -> str:
    """The comment at the end of the line of a case, whose body stands below."""
    last = case.guard or case.pattern
    number = last.end_lineno or last.lineno
    rest = source.line(number).encode()[last.end_col_offset or 0 :].decode()
    found = re.fullmatch(r"[)\s]*:\s*(#.*?)\s*", rest)
    return found[1] if found and not _HOLES & set(found[1]) else ""


def _singleton(value: object, subject: ast.expr, types: Types) -> str:
    if value is None:
        return "{subject} is None"
    if types.of(subject) != "bool":
        raise NoTest("True and False are patterns of what is not known to be a bool")
    return "{subject}" if value else "not {subject}"


def _named(pattern: ast.MatchAs, subject: ast.expr, types: Types, prefix: str) -> Pattern:
    inner = pattern_of(pattern.pattern, subject, types, prefix) if pattern.pattern else Pattern("")
    if pattern.name is None:
        return inner
    return Pattern(inner.test, inner.holes, (*inner.given, f"{pattern.name} = {{subject}}"))


def _one_of(pattern: ast.MatchOr, subject: ast.expr, types: Types, prefix: str) -> Pattern:
    if any(names_given(each) for each in pattern.patterns):
        raise NoTest("its alternatives give names")
    each = [
        pattern_of(one, subject, types, f"{prefix}{n}_") for n, one in enumerate(pattern.patterns)
    ]
    holes = {name: node for one in each for name, node in one.holes.items()}
    if all(isinstance(one, ast.MatchValue) for one in pattern.patterns):
        return Pattern(f"{{subject}} in ({', '.join(f'{{{h}}}' for h in holes)})", holes)
    if any(not one.test for one in each):
        return Pattern("")  # the last alternative takes anything
    return Pattern(" or ".join(one.test for one in each), holes)


def _sequence(pattern: ast.MatchSequence, subject: ast.expr, types: Types, prefix: str) -> Pattern:
    """Constants and names for the elements of a list, a tuple or a size."""
    if not str(types.of(subject)).startswith(("List[", "Tuple[", "torch.Size")):
        raise NoTest("what it takes apart is not known to be a sequence")
    tests, names, holes = [f"len({{subject}}) == {len(pattern.patterns)}"], [], {}
    for number, part in enumerate(pattern.patterns):
        if isinstance(part, ast.MatchValue):
            hole = f"{prefix}value{number}"
            tests.append(f"{{subject}}[{number}] == {{{hole}}}")
            holes[hole] = part.value
        elif not isinstance(part, ast.MatchAs) or part.pattern is not None:
            raise NoTest("a pattern within a sequence is neither a value nor a name")
        elif part.name is not None:
            names.append((part.name, f"{{subject}}[{number}]"))
    given = [f"{', '.join(n for n, _ in names)} = {', '.join(v for _, v in names)}"]
    if len(names) == len(pattern.patterns) > 1:
        given = [f"{', '.join(n for n, _ in names)} = {{subject}}"]
    return Pattern(" and ".join(tests), holes, tuple(given if names else ()))
