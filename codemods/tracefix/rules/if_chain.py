"""`if ... elif ...` as a whole: an `elif` is no statement of a block, so the chain is rewritten."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tracefix.facts.unit import Unit
from tracefix.rewrite.change import Hole, Replace


@dataclass(frozen=True, eq=False)
class Chain:
    """An `if` with every `elif` of it."""

    links: tuple[ast.If, ...]

    @staticmethod
    def of(node: ast.AST, unit: Unit) -> Chain | None:
        """The chain from an `if` on; None for another node."""
        if not isinstance(node, ast.If):
            return None
        links = [node]
        while len(links[-1].orelse) == 1 and is_elif(links[-1].orelse[0], unit):
            following = links[-1].orelse[0]
            assert isinstance(following, ast.If)
            links.append(following)
        return Chain(tuple(links))

    @staticmethod
    def above(node: ast.If, unit: Unit) -> Chain | None:
        """The links in front of an `elif`; None for a plain `if`."""
        links: list[ast.If] = []
        while is_elif(node, unit):
            parent = unit.parents[node]
            assert isinstance(parent, ast.If)
            links.insert(0, parent)
            node = parent
        return Chain(tuple(links)) if links else None

    @property
    def head(self) -> ast.If:
        return self.links[0]

    @property
    def last(self) -> ast.If:
        return self.links[-1]

    def with_else(self, template: str, **holes: Hole) -> Replace:
        """The chain's links with a new `else`, in place of all that followed them."""
        filled: dict[str, Hole] = dict(holes)
        lines: list[str] = []
        for number, link in enumerate(self.links):
            keyword = "elif" if number else "if"
            lines += [f"{keyword} {{test{number}}}:", f"    {{body{number}}}"]
            filled |= {f"test{number}": link.test, f"body{number}": link.body}
        return Replace(self.head, "\n".join([*lines, "else:", f"    {template}"]), filled)


def is_elif(node: ast.stmt, unit: Unit) -> bool:
    """Whether a statement is written as `elif`."""
    above = unit.parents[node]
    return (
        isinstance(node, ast.If)
        and isinstance(above, ast.If)
        and above.orelse == [node]
        and unit.source.text.startswith("elif", unit.span(node).start)
    )
