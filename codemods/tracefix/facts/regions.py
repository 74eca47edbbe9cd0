"""Statements of a function that may move into one of their own, with all that they belong to.

A region starts with one statement and grows until it takes and gives tensors: a number that is
computed from a tensor is constant to a trace wherever it crosses from one function to another.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tracefix.facts.brought import Brought, brought
from tracefix.facts.crossing import fills, type_to_cross
from tracefix.facts.flow import ENTRY, UNBOUND, Passage, passage
from tracefix.facts.jumps import jumps
from tracefix.facts.nonnegative import is_named_size
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

_KEPT_APART = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Yield, ast.YieldFrom,
    ast.Await, ast.Try, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.Delete,
    ast.NamedExpr,
)  # fmt: skip


class Stays(Exception):
    """Why statements cannot move."""


@dataclass(frozen=True, eq=False)
class Region:
    """Consecutive statements of one block, and the variables that cross their border."""

    function: FunctionNode
    statements: tuple[ast.stmt, ...]
    taken: tuple[tuple[str, str], ...]  # the variables that they need, each with its type
    given: tuple[str, ...]  # the tensors that they leave to the code behind
    brought: tuple[Brought, ...]  # definitions in front of them that go along
    returns: bool  # whether they end by returning, on every path
    sizes: tuple[str, ...] = ()  # the sizes that they need, which a tensor has to carry


def region_around(node: ast.AST, facts: Facts, *, sizes_cross: bool = False) -> Region:
    """The smallest region that holds a node. Raises Stays.

    It grows up to where a size was read, unless sizes may cross its border too.
    """
    function = facts.unit.function_of(node)
    if not isinstance(function, ast.FunctionDef):
        raise Stays("it is in no function")
    growth = _Growth(facts, function, facts.unit.statement(node), sizes_cross=sizes_cross)
    while (region := growth.step()) is None:
        pass
    return region


def region_of_body(function: FunctionNode, facts: Facts) -> Region:
    """All that a function does, but its docstring. Raises Stays."""
    body = without_docstring(function)
    if not isinstance(function, ast.FunctionDef) or not body:
        raise Stays(f"{function.name} has no body")
    region = _Growth(facts, function, body[0], len(body), whole=True).step()
    if region is None:
        raise Stays(f"what {function.name} is given is not known")
    order = [p.arg for p in function.args.args]
    taken = sorted(region.taken, key=lambda t: order.index(t[0]))
    return replace(region, taken=tuple(taken))


def without_docstring(function: FunctionNode) -> list[ast.stmt]:
    """A function's statements."""
    first = function.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1:] if said else function.body


class _Growth:
    """A region as it grows: within its block first, else to the statement that holds the block."""

    def __init__(
        self,
        facts: Facts,
        function: FunctionNode,
        statement: ast.stmt,
        length: int = 1,
        *,
        whole: bool = False,
        sizes_cross: bool = False,
    ) -> None:
        self._facts = facts
        self._function = function
        self._flow = facts.flow(function)
        self._block: list[ast.stmt] = []
        self._start = self._end = 0
        self._take(statement)
        self._end = self._start + length
        self._whole = whole
        self._sizes_cross = sizes_cross

    def step(self) -> Region | None:
        """The region, or None where it had to grow."""
        statements = self._block[self._start : self._end]
        returns = any(isinstance(n, ast.Return) for s in statements for n in walk(s))
        if next(jumps(statements), None) is not None:
            self._widen("it leaves a loop that is around it")
            return None
        if returns and self._block is not self._function.body:
            self._widen("it returns early")
            return None
        if returns and self._end < len(self._block):
            self._end = len(self._block)
            return None
        _check(statements)
        seen = passage(statements, self._facts.unit.bound_names(self._function))
        if returns and seen.end is not None:
            raise Stays("it returns on some paths only")
        given = {} if returns else self._given(statements)
        for name, readers in given.items():
            if self._facts.types.of_local(self._function, name) != "Tensor":
                self._include_readers(name, readers)
                return None
        return self._with_what_it_needs(statements, seen, given, returns)

    # -- growing

    def _take(self, statement: ast.stmt) -> None:
        self._block = self._facts.unit.block_of(statement)
        self._start = self._block.index(statement)
        self._end = self._start + 1
        holder = self._facts.unit.parents[statement]
        text = self._facts.unit.source.text
        if isinstance(holder, ast.If) and self._block is holder.orelse and len(self._block) == 1:
            if text.startswith("elif", self._facts.unit.span(statement).start):
                self._take(holder)

    def _widen(self, why: str) -> None:
        """Take the statement that holds the block."""
        holder = self._facts.unit.parents[self._block[0]]
        if holder is self._function or not isinstance(holder, ast.stmt):
            raise Stays(why)
        self._take(holder)

    def _include_readers(self, name: str, readers: Sequence[ast.Name]) -> None:
        """Grow down to the last place that reads what is no tensor."""
        why = f"{name}, which is read behind it, is not known to be a tensor"
        places = [self._place_of(reader) for reader in readers]
        last = max((p for p in places if p is not None), default=-1)
        if None in places or last < self._end:
            self._widen(why)
        else:
            self._end = last + 1

    def _include_definitions(self, name: str, definitions: Sequence[ast.AST]) -> None:
        """Grow up to where a number, or a list, was made."""
        why = f"{name}, which it reads, is neither a tensor nor the same for every input"
        if not all(isinstance(definition, ast.Name) for definition in definitions):
            raise Stays(why)
        places = [self._place_of(definition) for definition in definitions]
        first = min((p for p in places if p is not None), default=self._start)
        if None in places or first >= self._start:
            self._widen(why)
        else:
            self._start = first

    def _place_of(self, node: ast.AST) -> int | None:
        """Where in the block the statement stands that holds a node."""
        around = {node, *self._facts.unit.ancestors(node)}
        return next((n for n, s in enumerate(self._block) if s in around), None)

    # -- what crosses the border

    def _given(self, statements: Sequence[ast.stmt]) -> dict[str, list[ast.Name]]:
        """The variables that code behind the region reads as it left them, and where."""
        inside = {node for s in statements for node in walk(s)}
        again = self._runs_again()
        found: dict[str, list[ast.Name]] = {}
        for node in sorted(inside, key=position):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                readers = self._flow.readers(node)
                readers = [r for r in readers if again or r not in inside]
                found.setdefault(node.id, []).extend(readers)
        return {name: readers for name, readers in found.items() if readers}

    def _runs_again(self) -> bool:
        """Whether a loop is around the region, which may then read what it left itself."""
        for ancestor in self._facts.unit.ancestors(self._block[0]):
            if ancestor is self._function:
                return False
            if isinstance(ancestor, ast.For | ast.AsyncFor | ast.While):
                return True
        return False

    def _with_what_it_needs(
        self,
        statements: Sequence[ast.stmt],
        seen: Passage,
        given: Mapping[str, list[ast.Name]],
        returns: bool,
    ) -> Region | None:
        waiting = self._reads_of_what_was_before(seen, given)
        taken: dict[str, str] = {}
        along: dict[tuple[ast.stmt, str | None], Brought] = {}
        sizes: dict[str, None] = {}
        while waiting:
            read = waiting.pop(0)
            definitions = [d for d in self._flow.reads[read] if self._is_outside(d, statements)]
            if UNBOUND in definitions:
                raise Stays(f"{read.id} is not bound on every path")
            if read.id in taken or read.id in sizes:
                continue
            type_ = self._type_of(read.id, definitions)
            found = brought(definitions, statements, self._function, self._facts)
            if found is not None and (type_ is None or found.code is None):
                key = (found.statement, found.code)
                waiting += found.reads if key not in along else ()
                along.setdefault(key, found)
            elif type_ is not None and (self._whole or not fills(read.id, statements)):
                taken[read.id] = type_
            elif self._sizes_cross and all(is_named_size(d, self._facts) for d in definitions):
                sizes[read.id] = None
            else:
                self._include_definitions(read.id, definitions)
                return None
        ordered = sorted(along.values(), key=lambda b: position(b.definition))
        behind = [] if returns else self._return_of_just(tuple(given))
        returns = returns or bool(behind)
        return Region(
            self._function,
            (*statements, *behind),
            tuple(taken.items()),
            () if returns else tuple(given),
            tuple(ordered),
            returns,
            tuple(sizes),
        )

    def _type_of(self, name: str, definitions: Sequence[ast.AST]) -> str | None:
        """The type that a variable crosses with, where it may; a body is given what its own
        function was."""
        type_ = self._facts.types.of_local(self._function, name)
        given = self._whole and all(isinstance(d, ast.arg) for d in definitions)
        if given and isinstance(type_, str):
            return type_
        return type_to_cross(name, definitions, self._function, self._facts)

    def _return_of_just(self, given: tuple[str, ...]) -> list[ast.stmt]:
        """`return x` right behind the region, which may as well return x itself."""
        for statement in self._block[self._end : self._end + 1]:
            value = statement.value if isinstance(statement, ast.Return) else None
            parts = value.elts if isinstance(value, ast.Tuple) else [value]
            names = [part.id for part in parts if isinstance(part, ast.Name)]
            if len(names) == len(parts) and sorted(names) == sorted(given):
                return [statement]
        return []

    def _reads_of_what_was_before(
        self, seen: Passage, given: Mapping[str, list[ast.Name]]
    ) -> list[ast.Name]:
        """The places that read what a variable held before, in the region or behind it."""
        found = [n for n, definitions in seen.reads.items() if ENTRY in definitions]
        for name, readers in given.items():
            if seen.end is not None and ENTRY in seen.end.get(name, ()):
                found += readers  # on some path the region leaves it as it was
        return sorted((n for n in dict.fromkeys(found) if n.id != "self"), key=position)

    def _is_outside(self, definition: ast.AST, statements: Sequence[ast.stmt]) -> bool:
        around = (definition, *self._facts.unit.ancestors(definition))
        return not any(node in statements for node in around)


def _check(statements: Sequence[ast.stmt]) -> None:
    for statement in statements:
        for node in walk(statement):
            if isinstance(node, _KEPT_APART):
                raise Stays(f"there is a {type(node).__name__} in it")
            if isinstance(node, ast.For | ast.While) and node.orelse:
                raise Stays("a loop in it has an else, which TorchScript has not")


def position(node: ast.AST) -> tuple[int, int]:
    """Where a node starts, for text order."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
