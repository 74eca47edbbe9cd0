"""From a node of `ast` to the node of LibCST at the same place.

Both count lines from 1 and leave the parentheses around an expression out of its span, except
that `ast` counts a tuple's and a generator's own.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from tracefix.facts.unit import Unit

_COMPOUND: Mapping[type[ast.AST], type[cst.CSTNode]] = {
    ast.FunctionDef: cst.FunctionDef,
    ast.AsyncFunctionDef: cst.FunctionDef,
    ast.ClassDef: cst.ClassDef,
    ast.For: cst.For,
    ast.AsyncFor: cst.For,
    ast.While: cst.While,
    ast.If: cst.If,
    ast.With: cst.With,
    ast.AsyncWith: cst.With,
    ast.Try: cst.Try,
    ast.Match: cst.Match,
}
_INNER: Mapping[type[ast.AST], type[cst.CSTNode]] = {
    ast.arg: cst.Param,
    ast.keyword: cst.Arg,
    ast.comprehension: cst.CompFor,
    ast.ExceptHandler: cst.ExceptHandler,
    ast.withitem: cst.WithItem,
    ast.alias: cst.ImportAlias,
}


class NotLocated(Exception):
    """The node has no counterpart in the fragment."""


@dataclass(frozen=True, eq=False)
class Parse:
    """LibCST's parse of some lines, and where its nodes lie in them."""

    module: cst.Module
    positions: Mapping[cst.CSTNode, CodeRange]

    @staticmethod
    @lru_cache(maxsize=64)  # a text stays the same in most versions of a file
    def of(text: str) -> Parse:
        """Raises cst.ParserSyntaxError where the text is not Python."""
        module = cst.parse_module(text)
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        return Parse(module, wrapper.resolve(PositionProvider))

    @cached_property
    def code(self) -> str:
        """The lines as LibCST writes them: with "\\r" for newlines the last may be gone."""
        return self.module.code

    @cached_property
    def by_start(self) -> Mapping[tuple[int, int], list[cst.CSTNode]]:
        """The nodes that start at each line and column, outermost first."""
        found: dict[tuple[int, int], list[cst.CSTNode]] = defaultdict(list)
        for node, where in self.positions.items():
            found[where.start.line, where.start.column].append(node)
        return found

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node that holds each node."""
        found: dict[cst.CSTNode, cst.CSTNode] = {}
        waiting: list[cst.CSTNode] = [self.module]
        while waiting:
            node = waiting.pop()
            for child in node.children:
                found[child] = node
                waiting.append(child)
        return found


@dataclass(frozen=True, eq=False)
class Fragment:
    """The whole lines of a top-level statement, parsed by LibCST."""

    unit: Unit
    first_line: int
    start: int  # character offset of its first line in the file
    parse: Parse

    @staticmethod
    def around(unit: Unit, statement: ast.stmt) -> Fragment:
        """Parses the lines that `statement`, one of the module's body, stands on."""
        first = unit.source.place(unit.span(statement).start).line
        last = statement.end_lineno or first
        starts = unit.source.line_starts
        begin = starts[first - 1]
        end = starts[last] if last < len(starts) else len(unit.source.text)
        return Fragment(unit, first, begin, Parse.of(unit.source.text[begin:end]))

    @property
    def module(self) -> cst.Module:
        return self.parse.module

    @property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node that holds each node."""
        return self.parse.parents

    def upwards(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """A node and all that hold it, innermost first."""
        current: cst.CSTNode | None = node
        while current is not None:
            yield current
            current = self.parents.get(current)

    def find(self, node: ast.AST) -> cst.CSTNode:
        """The LibCST node of an `ast` node.

        A simple statement gives the small statement (`Assign`, not its line). Raises NotLocated.
        """
        span = self.unit.span(node)
        if type(node) in _COMPOUND:
            return self._compound(node)
        start, end = self._position(span.start), self._position(span.end)
        if isinstance(node, ast.Tuple | ast.GeneratorExp):
            found = self._parenthesised(node, start, end)
            if found is not None:
                return found
        for candidate in self.parse.by_start.get(start, ()):
            where = self.parse.positions[candidate].end
            # LibCST counts a parameter's default in, `ast` does not.
            ends = (where.line, where.column) == end or isinstance(node, ast.arg)
            if ends and self._fits(node, candidate):
                return candidate
        raise NotLocated(f"{type(node).__name__} at {self.unit.place(node)}")

    def _position(self, offset: int) -> tuple[int, int]:
        place = self.unit.source.place(offset)
        return place.line - self.first_line + 1, place.column

    def _compound(self, node: ast.AST) -> cst.CSTNode:
        place = self.unit.place(node)
        start = (place.line - self.first_line + 1, place.column)
        for candidate in self.parse.by_start.get(start, ()):
            if isinstance(candidate, _COMPOUND[type(node)]):
                return candidate
        # A decorated definition starts at its decorator in LibCST, and `elif` at its keyword.
        for candidate in self.parse.positions:
            if isinstance(candidate, cst.FunctionDef | cst.ClassDef):
                name = self.parse.positions[candidate.name].start
                if name.line == start[0] and candidate.name.value == getattr(node, "name", None):
                    return candidate
        raise NotLocated(f"{type(node).__name__} at {place}")

    def _parenthesised(
        self, node: ast.AST, start: tuple[int, int], end: tuple[int, int]
    ) -> cst.CSTNode | None:
        """The tuple or generator whose own parentheses `ast` counts in."""
        wanted = cst.Tuple if isinstance(node, ast.Tuple) else cst.GeneratorExp
        for candidate, where in self.parse.positions.items():
            if not isinstance(candidate, wanted):
                continue
            first = (where.start.line, where.start.column)
            last = (where.end.line, where.end.column)
            if start < first and last < end and self._only_parentheses(start, first):
                return candidate
        return None

    def _only_parentheses(self, start: tuple[int, int], end: tuple[int, int]) -> bool:
        starts = self.unit.source.line_starts
        begin = starts[start[0] + self.first_line - 2] + start[1]
        stop = starts[end[0] + self.first_line - 2] + end[1]
        between = self.unit.source.text[begin:stop]
        lines = (line.partition("#")[0] for line in between.splitlines())
        return "".join(lines).split() == ["("]

    def _fits(self, node: ast.AST, candidate: cst.CSTNode) -> bool:
        wanted = _INNER.get(type(node))
        if wanted is not None:
            return isinstance(candidate, wanted)
        if isinstance(node, ast.Starred) and isinstance(self.unit.parents[node], ast.Call):
            return isinstance(candidate, cst.Arg)
        if isinstance(node, ast.stmt):
            return isinstance(candidate, cst.BaseSmallStatement)
        return isinstance(candidate, cst.BaseExpression)
