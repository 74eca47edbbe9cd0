"""Comments that tell tracefix to leave something alone, and the edits that add and remove them.

`# tracefix: ignore[SLUG, SLUG] reason` speaks of the statement that it stands on, or directly
above; above a def or class it speaks of all of it. `# tracefix: skip-file` speaks of the file. A
slug is a rule's, or a target's ("script") for what torch itself says. Only comments count: Python's
own tokenizer finds them, so a string that looks like one is none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tracefix.model import Source, Span, TextEdit
from tracefix.sources.statements import Comment, Layout, layout_of

_WORDS = re.compile(r"#\s*tracefix:\s*(?P<words>(?:(?!\s#\s).)*)")
_IGNORE = re.compile(r"ignore\s*\[(?P<slugs>[^\]]*)\](?P<reason>.*)", re.DOTALL)
_SLUG = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Suppression:
    """One comment that speaks to tracefix."""

    span: Span  # of the comment's words to us, the reason with them
    slugs: tuple[str, ...] = ()
    lines: range = range(0)  # from 1; those that it speaks of
    skips_file: bool = False
    fault: str = ""  # why it cannot be understood

    def covers(self, slug: str, line: int) -> bool:
        """Whether it says to leave alone what `slug` finds on `line`."""
        return self.skips_file or (slug in self.slugs and line in self.lines)


@dataclass(frozen=True)
class Suppressions:
    """All that a file says of what is to be left alone, and what the settings say of the file."""

    comments: tuple[Suppression, ...] = ()
    ignored: frozenset[str] = frozenset()

    @property
    def is_silent(self) -> bool:
        """Whether nothing is said, as of most files."""
        return not self.comments and not self.ignored

    @property
    def skips_file(self) -> bool:
        return any(comment.skips_file for comment in self.comments)

    def covers(self, slug: str, line: int) -> bool:
        """Whether what `slug` finds on `line` is to be left alone."""
        return slug in self.ignored or any(one.covers(slug, line) for one in self.comments)


@lru_cache(maxsize=512)  # every version of every file is asked about many times
def suppressions_of(source: Source) -> Suppressions:
    """What a file says of what is to be left alone, as far as it can be tokenized."""
    if "tracefix:" not in source.text:
        return Suppressions(ignored=source.ignored)
    layout = layout_of(source)
    definitions = _definitions(source)
    found = (_suppression(c, layout, definitions) for c in layout.comments)
    return Suppressions(tuple(one for one in found if one is not None), source.ignored)


def adding(
    source: Source, wanted: Mapping[int, Collection[str]], reason: str = ""
) -> tuple[TextEdit, ...]:
    """The edits after which each of some lines (from 1) has its slugs suppressed.

    What a comment says already is left out; one on the same statement takes the new slugs up.
    """
    layout = layout_of(source)
    told = suppressions_of(source)
    additions: dict[int, set[str]] = {}
    for line, slugs in wanted.items():
        new = {slug for slug in slugs if not told.covers(slug, line)}
        if new:
            additions.setdefault(layout.line_for_comment(line), set()).update(new)
    return tuple(
        _addition(source, layout, told, line, sorted(slugs), reason)
        for line, slugs in sorted(additions.items())
    )


def removing(source: Source, comment: Suppression, slugs: Iterable[str]) -> TextEdit:
    """The edit that takes some slugs out of a comment, and the comment where none is left."""
    gone = set(slugs)
    left = [slug for slug in comment.slugs if slug not in gone]
    if left:
        return TextEdit(_slug_list(source, comment), ", ".join(left))
    place = source.place(comment.span.start)
    line_start, end = source.line_starts[place.line - 1], comment.span.end
    before = source.text[line_start : comment.span.start]
    behind = source.line(place.line)[end - line_start :]
    if before.strip():
        return TextEdit(Span(line_start + len(before.rstrip()), end), "")
    if behind.strip():  # another tool's words
        return TextEdit(Span(comment.span.start, end + len(behind) - len(behind.lstrip())), "")
    is_last = place.line == len(source.line_starts)
    return TextEdit(Span(line_start, end if is_last else source.line_starts[place.line]), "")


def _suppression(
    comment: Comment, layout: Layout, definitions: Mapping[int, int]
) -> Suppression | None:
    found = _WORDS.search(comment.text)
    if found is None:
        return None
    words = found["words"].rstrip()
    start = comment.start + found.start()
    span = Span(start, comment.start + found.start("words") + len(words))
    if re.fullmatch(r"skip-file\b.*", words, re.DOTALL):
        return Suppression(span, skips_file=True)
    ignore = _IGNORE.fullmatch(words)
    slugs = tuple(dict.fromkeys(_SLUG.findall(ignore["slugs"]))) if ignore else ()
    if not slugs:
        return Suppression(span, fault="is neither ignore[SLUG] nor skip-file")
    statement = layout.statement_of(comment)
    if statement is None:
        return Suppression(span, slugs, fault="stands above no statement of its own indentation")
    last = statement.last
    if comment.is_above(statement):
        last = max(last, definitions.get(statement.first, last))
    return Suppression(span, slugs, range(statement.first, last + 1))


def _definitions(source: Source) -> dict[int, int]:
    """The last line of each def and class, by the line of its head and of each decorator."""
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for head in (node, *node.decorator_list):
                found[head.lineno] = node.end_lineno or node.lineno
    return found


def _addition(
    source: Source, layout: Layout, told: Suppressions, line: int, slugs: list[str], reason: str
) -> TextEdit:
    there = next(_on_statement(source, layout, told, line), None)
    if there is not None:
        all_slugs = dict.fromkeys((*there.slugs, *slugs))
        return TextEdit(_slug_list(source, there), ", ".join(all_slugs))
    start = source.line_starts[line - 1]
    text = source.line(line)
    kept = len(text.rstrip())
    words = f"# tracefix: ignore[{', '.join(slugs)}]" + (f" {reason}" if reason else "")
    return TextEdit(Span(start + kept, start + len(text)), ("  " if kept else "") + words)


def _on_statement(
    source: Source, layout: Layout, told: Suppressions, line: int
) -> Iterator[Suppression]:
    """The comments that can take up more slugs for the statement on `line`: those beside it."""
    statement = layout.statement_on(line)
    for comment in told.comments:
        number = source.place(comment.span.start).line
        beside = statement is not None and statement.first <= number <= statement.last
        if beside and comment.slugs and not comment.fault:
            yield comment


def _slug_list(source: Source, comment: Suppression) -> Span:
    """What stands between the brackets of a comment."""
    text = source.text
    start = text.index("[", comment.span.start) + 1
    return Span(start, text.index("]", start))
