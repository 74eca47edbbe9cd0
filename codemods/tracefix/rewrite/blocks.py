"""Edits of statements, carried out where their block is left: so comments of what goes away stay."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tracefix.rewrite import template
from tracefix.rewrite.change import After, Before, Edit, MovedAway, Replace
from tracefix.rewrite.comments import (
    Body,
    above_definition,
    apart,
    comment_lines,
    leading,
    with_leading,
    with_lost_comments,
    without_blank_lines,
)
from tracefix.rewrite.made import Made
from tracefix.rewrite.wanted import Wanted

# Statements whose own expressions may hold comments (a definition's are its body's).
_WITH_EXPRESSIONS = cst.SimpleStatementLine | cst.For | cst.While | cst.If | cst.With


class Blocks:
    """The blocks of one pass."""

    def __init__(self, wanted: Wanted, made: Made) -> None:
        self._wanted = wanted
        self._made = made

    def block(
        self, original: cst.IndentedBlock | cst.Module, updated: cst.IndentedBlock | cst.Module
    ) -> cst.IndentedBlock | cst.Module:
        """A block with the edits on its statements."""
        body = [s for s in original.body if isinstance(s, cst.BaseStatement)]
        new = [s for s in updated.body if isinstance(s, cst.BaseStatement)]
        return _with_body(updated, *self._edited(body, new))

    def suite(self, original: cst.SimpleStatementSuite, updated: cst.CSTNode) -> cst.CSTNode:
        """`if x: y = 1` gets a block of its own where its statement is edited."""
        assert isinstance(updated, cst.SimpleStatementSuite)
        if not any(small in self._wanted.statements for small in original.body):
            return updated
        body: list[cst.BaseStatement] = []
        for old, new in zip(original.body, updated.body, strict=False):
            line = cst.SimpleStatementLine([new.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
            edits = self._wanted.statements.get(old, [])
            made: list[cst.BaseStatement] = self._apply(line, line, edits) if edits else [line]
            if edits and not _moves_away(edits):
                self._made.rebuilt[old] = made
            body.extend(made)
        header = original.trailing_whitespace
        return cst.IndentedBlock(
            body=body or [cst.SimpleStatementLine([cst.Pass()])], header=header
        )

    def _edited(
        self, originals: Body, updated: Body
    ) -> tuple[list[cst.BaseStatement], list[cst.EmptyLine]]:
        """A block's statements after the edits on them, and comments left with nothing behind."""
        body: list[cst.BaseStatement] = []
        orphans: list[cst.EmptyLine] = []  # comments of statements that went away
        first_went_away = False
        for original, new in zip(originals, updated, strict=False):
            if original not in self._wanted.touched:
                body.append(with_leading(new, orphans) if orphans else new)
                orphans = []
                continue
            edits = self._wanted.on(original)
            result = self._apply(original, new, edits) if edits else [new]
            if _moves_away(edits):
                if result:  # the blank lines above stay, the comments go with the statement
                    blank, new = without_blank_lines(new)
                    result = [with_leading(result[0], [*orphans, *blank]), *result[1:]]
                    orphans = []
                self._made.updated[original] = new
                body.extend(result)
                continue
            if result and isinstance(original, _WITH_EXPRESSIONS):
                result = with_lost_comments(original, result)
            if edits or result[0] is not new:
                self._made.rebuilt[original] = result
            if orphans and result:
                result = [with_leading(result[0], orphans), *result[1:]]
                orphans = []
            if not result:
                orphans = [*orphans, *comment_lines(original)]
                first_went_away = first_went_away or not body
            body.extend(result)
        if first_went_away and body:  # what set it apart from the next
            _, body[0] = without_blank_lines(body[0])
        return body, orphans

    def _apply(
        self, original: cst.BaseStatement, new: cst.BaseStatement, edits: Sequence[Edit]
    ) -> list[cst.BaseStatement]:
        middle = [new]
        for edit in edits:
            if isinstance(edit, Replace):
                middle = self._replacement(original, edit)
        for edit in edits:
            made = template.statements(
                edit.template, self._made.fillings(edit.holes), self._made.config
            )
            if isinstance(edit, Before):
                if self._at_top_level(original):
                    middle[0] = apart(middle[0])
                    middle = [*made, *middle]
                    self._wanted.done.append(edit)
                    continue
                if isinstance(original, cst.FunctionDef | cst.ClassDef):
                    middle = above_definition(made, middle)
                    self._wanted.done.append(edit)
                    continue
                comments = leading(middle[0])
                made[0] = made[0].with_changes(leading_lines=comments)
                middle[0] = middle[0].with_changes(leading_lines=[])
                middle = [*made, *middle]
            elif isinstance(edit, After):
                if self._at_top_level(original):
                    made[0] = apart(made[0])
                middle = [*middle, *made]
            self._wanted.done.append(edit)
        return middle

    def _at_top_level(self, statement: cst.CSTNode) -> bool:
        return self._made.fragment.parents.get(statement) is self._made.fragment.module

    def _replacement(self, original: cst.BaseStatement, edit: Replace) -> list[cst.BaseStatement]:
        made = template.statements(
            edit.template, self._made.fillings(edit.holes), self._made.config
        )
        if not made or isinstance(edit, MovedAway):
            return made
        if not any(original in self._made.blocks_of(hole) for hole in edit.holes.values()):
            made = [with_leading(made[0], leading(original)), *made[1:]]
        if isinstance(original, cst.SimpleStatementLine) and isinstance(
            made[0], cst.SimpleStatementLine
        ):
            comment = original.trailing_whitespace.comment
            if comment is not None and made[0].trailing_whitespace.comment is None:
                made[0] = made[0].with_changes(trailing_whitespace=original.trailing_whitespace)
        return with_lost_comments(original, made)


def _moves_away(edits: Sequence[Edit]) -> bool:
    return any(isinstance(edit, MovedAway) for edit in edits)


def _with_body(
    block: cst.IndentedBlock | cst.Module,
    body: list[cst.BaseStatement],
    orphans: list[cst.EmptyLine],
) -> cst.IndentedBlock | cst.Module:
    if not body and isinstance(block, cst.IndentedBlock):
        body = [cst.SimpleStatementLine([cst.Pass()])]
    return block.with_changes(body=body, footer=[*orphans, *block.footer])
