"""What a pass has made of a fragment's nodes so far, and what fills the holes of its templates."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import libcst as cst

from tracefix.rewrite import template
from tracefix.rewrite.change import Hole
from tracefix.rewrite.locate import Fragment


class Made:
    """The nodes of a fragment after the edits inside of them, as far as the pass has come."""

    def __init__(self, fragment: Fragment) -> None:
        self.fragment = fragment
        self.updated: dict[cst.CSTNode, cst.CSTNode] = {}
        self.rebuilt: dict[cst.CSTNode, list[cst.BaseStatement]] = {}

    @property
    def config(self) -> cst.PartialParserConfig:
        """How the file is laid out."""
        return self.fragment.module.config_for_parsing

    def nodes_of(self, hole: Hole) -> Iterator[cst.CSTNode]:
        """The nodes of the file that fill a hole."""
        if isinstance(hole, ast.AST):
            yield self.fragment.find(hole)
        elif not isinstance(hole, str):
            for statement in hole:
                yield self.fragment.find(statement)

    def blocks_of(self, hole: Hole) -> Iterator[cst.CSTNode]:
        """The nodes of a hole as a block holds them: a simple statement's line."""
        for node in self.nodes_of(hole):
            above = self.fragment.parents.get(node)
            yield above if isinstance(above, cst.SimpleStatementLine) else node

    def fillings(self, holes: Mapping[str, Hole]) -> dict[str, template.Filling]:
        """What stands for each hole of a template."""
        filled: dict[str, template.Filling] = {}
        for name, hole in holes.items():
            if isinstance(hole, str):
                filled[name] = cst.parse_expression(hole, self.config)
            elif isinstance(hole, ast.stmt):
                filled[name] = self.statement(hole)
            elif isinstance(hole, ast.AST):
                node = self.fragment.find(hole)
                node = self.updated.get(node, node)
                if isinstance(node, cst.Arg):
                    node = node.value
                assert isinstance(node, cst.BaseExpression)
                filled[name] = node
            else:
                filled[name] = [s for statement in hole for s in self.statement(statement)]
        return filled

    def statement(self, statement: ast.stmt) -> list[cst.BaseStatement]:
        """A statement of the file as it stands after the edits inside of it."""
        node = self.fragment.find(statement)
        if isinstance(node, cst.BaseSmallStatement) and node not in self.rebuilt:
            line = self.fragment.parents[node]
            updated = self.updated.get(node, node)
            if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
                node = line
            else:
                assert isinstance(updated, cst.BaseSmallStatement)
                return [
                    cst.SimpleStatementLine(
                        [updated.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]
                    )
                ]
        if node in self.rebuilt:
            return self.rebuilt[node]
        result = self.updated.get(node, node)
        assert isinstance(result, cst.BaseStatement)
        return [result]
