"""Attributes that some instances lack, in a function that takes what self has of them.

It is given None for what is missing, and raises where the method would: `if momentum > 0: self.sum +=
x` becomes `if momentum > 0:` with `if sum is None: raise AttributeError("sum")` in front of the use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.one_path_attributes import is_named_in_body, may_be_missing
from tracefix.facts.project import ClassInfo
from tracefix.facts.regions import Stays
from tracefix.rewrite.change import Edit, before

_Place = tuple[ast.stmt, str]  # where a statement reads an attribute


class Guards:
    """What a function does before it uses parameters that may be None."""

    def __init__(self, function: FunctionNode, facts: Facts) -> None:
        owner = facts.unit.class_of(function)
        self._info = None if owner is None else ClassInfo(facts.unit, owner)
        self._facts = facts
        self._asked: dict[_Place, list[str]] = {}

    def missing(self, path: str) -> str | None:
        """ "step" of "step.weight" where some instances have none. Raises Stays."""
        root = path.partition(".")[0]
        if self._info is None or not may_be_missing(root, self._info, self._facts):
            return None
        family = (self._info, *self._facts.project.bases(self._info))
        if any(is_named_in_body(info, root) for info in family):
            raise Stays(f"some instances have only their class's {root}")
        return root

    def ask(self, attribute: str, name: str, at: ast.expr) -> None:
        """See to it that a parameter is there where `at` uses it. Raises Stays."""
        if why_not_hoisted(at, self._facts.unit) is not None:
            raise Stays(f"some instances have no self.{attribute}")
        statement = self._facts.unit.statement(at)
        for around in self._run_before(statement):
            if name in self._asked.get((around, attribute), ()):
                return
        self._asked.setdefault((statement, attribute), []).append(name)

    def check(self, attribute: str, at: ast.expr) -> None:
        """That something is asked for where `at` uses an attribute. Raises Stays."""
        before_it = self._run_before(self._facts.unit.statement(at))
        if not any((statement, attribute) in self._asked for statement in before_it):
            raise Stays(f"some instances have no self.{attribute}")

    def written(self, moved: Sequence[ast.stmt]) -> tuple[list[str], list[Edit]]:
        """What a function with these statements starts with, and the edits inside of them."""
        start: list[str] = []
        edits: list[Edit] = []
        for (statement, attribute), names in self._asked.items():
            test = " or ".join(f"{name} is None" for name in names)
            form = f'if {test}:\n    raise AttributeError("{attribute}")'
            if statement is moved[0]:
                start += form.splitlines()
            elif statement in moved:
                raise Stays(f"some instances have no self.{attribute}")
            else:
                edits.append(before(statement, form))
        return start, edits

    def _run_before(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        """A statement, and those that surely run before it does."""
        at: ast.AST = statement
        while isinstance(at, ast.stmt) and not isinstance(at, FunctionNode):
            block = self._facts.unit.block_of(at)
            yield from block[: block.index(at) + 1]
            at = self._facts.unit.parents[at]
