"""Takes some fixes back from a text, where nothing that came later stands on them.

To carry out all the others anew, and to look at the text after each few of them, takes far longer: that
is for what is to be written. This is for asking what a fix is good for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracefix.model import FixId, Span, TextEdit
from tracefix.rewrite.lower import apply


@dataclass(frozen=True)
class Carried:
    """An edit of a file, whose place is that in the text before it, and who wanted it."""

    path: str
    edit: TextEdit
    old: str
    ids: frozenset[FixId]

    @property
    def growth(self) -> int:
        return len(self.edit.text) - len(self.old)


Trail = tuple[tuple[Carried, ...], ...]  # what was carried out side by side, in the order of time


def carried(
    wanted: Iterable[tuple[FixId, Sequence[TextEdit]]], texts: Mapping[str, str]
) -> tuple[Carried, ...]:
    """The edits of some fixes, those that several want once."""
    ids: dict[tuple[str, TextEdit], set[FixId]] = {}
    for fix, edits in wanted:
        for edit in edits:
            ids.setdefault((fix.path, edit), set()).add(fix)
    return tuple(
        Carried(path, edit, texts[path][edit.span.start : edit.span.end], frozenset(fixes))
        for (path, edit), fixes in ids.items()
    )


def undone(
    texts: Mapping[str, str], trail: Trail, gone: Collection[FixId]
) -> Mapping[str, str] | None:
    """The texts without some fixes; None where a later edit stands on what one of them wrote.

    What another fix wants too, such as an import, stays.
    """
    backwards: dict[str, list[TextEdit]] = {}
    for number, batch in enumerate(trail):
        for one in batch:
            if one.ids <= set(gone):
                span = _followed(one, batch, trail[number + 1 :])
                if span is None:
                    return None
                backwards.setdefault(one.path, []).append(TextEdit(span, one.old))
    return {**texts, **{path: apply(texts[path], edits) for path, edits in backwards.items()}}


def _followed(one: Carried, batch: Iterable[Carried], later: Trail) -> Span | None:
    """Where what an edit wrote stands in the end."""
    start = one.edit.span.start + _growth(one, batch)
    span = Span(start, start + len(one.edit.text))
    for edits in later:
        own = [other for other in edits if other.path == one.path]
        if any(_stands_on(other.edit.span, span) for other in own):
            return None
        shift = sum(other.growth for other in own if other.edit.span.end <= span.start)
        span = Span(span.start + shift, span.end + shift)
    return span


def _stands_on(edit: Span, span: Span) -> bool:
    """Whether an edit changes what another one wrote; what is put beside it stays when it goes."""
    if span.start == span.end:
        return edit.overlaps(span)
    return edit.start < span.end and edit.end > span.start


def _growth(one: Carried, batch: Iterable[Carried]) -> int:
    """What the edits in front of one in the same text add to it."""
    others = (other for other in batch if other.path == one.path and other is not one)
    return sum(other.growth for other in others if other.edit.span.end <= one.edit.span.start)
