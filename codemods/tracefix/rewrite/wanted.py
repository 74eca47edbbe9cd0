"""The edits of a fragment by the LibCST node that each is about."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from tracefix.rewrite.change import (
    Annotate,
    BodyWithin,
    Edit,
    KeywordsToo,
    LastCase,
    Otherwise,
    PlainParameters,
    Replace,
)
from tracefix.rewrite.locate import Fragment


class Conflict(Exception):
    """Two edits want the same node, or one lies in a node that another throws away."""


class Wanted:
    """What is to be done to which node, and what of it is done."""

    def __init__(self, fragment: Fragment, edits: Sequence[Edit]) -> None:
        self._fragment = fragment
        self._edits = edits
        self.expressions: dict[cst.CSTNode, Replace] = {}
        self.statements: dict[cst.CSTNode, list[Edit]] = {}
        self.annotations: dict[cst.CSTNode, Annotate] = {}
        self.otherwise: dict[cst.CSTNode, Otherwise] = {}
        self.last_cases: dict[cst.CSTNode, LastCase] = {}
        self.signatures: dict[cst.CSTNode, PlainParameters | KeywordsToo] = {}
        self.within: dict[cst.CSTNode, BodyWithin] = {}
        self.done: list[Edit] = []
        for edit in edits:
            self._register(edit)
        edited = [
            *self.expressions, *self.statements, *self.annotations, *self.otherwise,
            *self.last_cases, *self.signatures, *self.within,
        ]  # fmt: skip
        self.touched = {above for node in edited for above in fragment.upwards(node)}

    def check_done(self) -> None:
        """Raises Conflict where an edit was not carried out."""
        missed = [e for e in self._edits if e not in self.done]
        if missed:
            raise Conflict(
                f"{len(missed)} of {len(self._edits)} edits lie in code that another removes"
            )

    def on(self, statement: cst.BaseStatement) -> list[Edit]:
        """The edits of a statement as a block holds it. Raises Conflict where it shares a line."""
        if statement in self.statements:
            return self.statements[statement]
        if not isinstance(statement, cst.SimpleStatementLine):
            return []
        edits = [e for small in statement.body for e in self.statements.get(small, ())]
        if edits and len(statement.body) > 1:
            raise Conflict("several statements share the line")
        return edits

    def _register(self, edit: Edit) -> None:
        found = self._fragment.find(edit.node)
        if isinstance(edit, Annotate):
            self.annotations[found] = edit
            return
        if isinstance(edit, Otherwise):
            self.otherwise[found] = edit
            return
        if isinstance(edit, LastCase):
            self.last_cases[found] = edit
            return
        if isinstance(edit, PlainParameters | KeywordsToo):
            assert isinstance(found, cst.FunctionDef)
            self.signatures[found.params] = edit
            return
        if isinstance(edit, BodyWithin):
            decorator = self._fragment.parents[found]
            self.within[self._fragment.parents[decorator]] = edit
            return
        if isinstance(edit.node, ast.stmt):
            held = self.statements.setdefault(found, [])
            if isinstance(edit, Replace) and any(isinstance(e, Replace) for e in held):
                raise Conflict("two edits replace the same statement")
            held.append(edit)
            return
        assert isinstance(edit, Replace)
        if found in self.expressions:
            raise Conflict("two edits replace the same expression")
        self.expressions[found] = edit
