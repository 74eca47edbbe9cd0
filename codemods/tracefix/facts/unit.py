"""One file, parsed once: its tree, and where everything lies in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from tracefix.facts.binders import (
    FunctionNode,
    Scope,
    binders,
    bindings,
    bound_attributes,
    parameters,
)
from tracefix.facts.imports import imported, imported_for_all, public_name, taken_over
from tracefix.facts.tree import children, walk
from tracefix.model import Place, Source, Span

__all__ = ["FunctionNode", "Scope", "Unit", "parameters"]


@dataclass(frozen=True, eq=False)
class Unit:
    """The immutable parse of a source. Nodes are compared by identity."""

    source: Source
    tree: ast.Module

    @staticmethod
    def parse(source: Source) -> Unit:
        """Raises SyntaxError (or ValueError for a null byte) where the text is not Python."""
        return Unit(source, ast.parse(source.text))

    @property
    def path(self) -> str:
        return self.source.path

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """The node that holds each node."""
        return {
            child: parent
            for parent in walk(self.tree)
            for child in children(parent)
            # Contexts and operators are shared singletons: they have no single parent.
            if not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.cmpop)
        }

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around `node`, innermost first, without itself."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def span(self, node: ast.AST) -> Span:
        """The characters of `node`; a decorated definition starts at its first decorator."""
        first = _first(node)
        last = _located(node)
        assert last.end_lineno is not None
        assert last.end_col_offset is not None
        start = self.source.offset(first.lineno, first.col_offset)
        if first is not node:  # from the decorator's expression back to its "@"
            start = self.source.text.rindex("@", 0, start)
        return Span(start, self.source.offset(last.end_lineno, last.end_col_offset))

    def place(self, node: ast.AST) -> Place:
        """Line and column of the first character of `node` itself (not of its decorators)."""
        located = _located(node)
        return self.source.place(self.source.offset(located.lineno, located.col_offset))

    def text(self, node: ast.AST) -> str:
        """The source of `node` as it was written."""
        span = self.span(node)
        return self.source.text[span.start : span.end]

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds `node` (itself where it is one)."""
        for candidate in (node, *self.ancestors(node)):
            if isinstance(candidate, ast.stmt):
                return candidate
        raise LookupError("the node is no part of a statement")

    def block_of(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements among which one stands, itself included; an `elif` stands alone."""
        holder = self.parents[statement]
        for field in ("body", "orelse", "finalbody"):
            block = getattr(holder, field, None)
            if isinstance(block, list) and statement in block:
                found: list[ast.stmt] = block
                return found
        return [statement]

    def top_level(self, node: ast.AST) -> ast.stmt:
        """The statement of the module's body that holds `node`."""
        chain = [node, *self.ancestors(node)]
        found = chain[-2]
        assert isinstance(found, ast.stmt)
        return found

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The function whose body holds `node`."""
        for ancestor in self.ancestors(node):
            if isinstance(ancestor, FunctionNode):
                return ancestor
        return None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class whose body holds `node`."""
        for ancestor in self.ancestors(node):
            if isinstance(ancestor, ast.ClassDef):
                return ancestor
        return None

    def scope(self, node: ast.AST) -> str:
        """The qualified name of what holds `node`: "" at module level."""
        names = [a.name for a in self.ancestors(node) if isinstance(a, Scope)]
        return ".".join(reversed(names))

    def qualname(self, node: Scope) -> str:
        """The qualified name of a class or function, without "<locals>"."""
        scope = self.scope(node)
        return f"{scope}.{node.name}" if scope else node.name

    @cached_property
    def classes(self) -> Mapping[str, ast.ClassDef]:
        """Every class that a file has when it is imported, by qualified name."""
        return {
            self.qualname(node): node
            for node in walk(self.tree)
            if isinstance(node, ast.ClassDef)
            and self.function_of(node) is None
            and not any(_is_main_block(a) for a in self.ancestors(node))
        }

    @cached_property
    def functions(self) -> Mapping[str, FunctionNode]:
        """The functions of the module's body, by name; a later one replaces an earlier one."""
        return {node.name: node for node in self.tree.body if isinstance(node, FunctionNode)}

    def methods(self, node: ast.ClassDef) -> Mapping[str, FunctionNode]:
        """The functions of a class's own body, by name."""
        return {child.name: child for child in node.body if isinstance(child, FunctionNode)}

    def may_name_definition(self, node: ast.AST) -> bool:
        """Whether a chain starts at a function, class or import of the file: far cheaper than
        `resolve`, and it rules out nearly all of them."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self._definitions

    @cached_property
    def _definitions(self) -> frozenset[str]:
        classes = (name.partition(".")[0] for name in self.classes)
        return frozenset((*self.functions, *classes, *self.imports))

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """What each imported name stands for, e.g. {"nn": "torch.nn"}; relative ones keep dots."""
        return imported(self.tree)

    @cached_property
    def imports_for_all(self) -> Mapping[str, str]:
        """Those imports whose names mean the same wherever in the file they are written."""
        return imported_for_all(self.tree)

    def resolve(self, node: ast.AST) -> str | None:
        """The full dotted name that a name or attribute chain stands for, or None.

        "F.relu" gives "torch.nn.functional.relu"; a name of the file itself gives itself; a
        name that the surrounding function binds, or a chain that starts at a call, gives None.
        """
        if not isinstance(node, ast.Attribute | ast.Name):
            return None
        if node not in self._resolved:  # many rules ask for the same
            self._resolved[node] = self._resolve(node)
        return self._resolved[node]

    def _resolve(self, node: ast.expr) -> str | None:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or self._is_local(node):
            return None
        own = self._defined.get(node.id, node.lineno) < node.lineno
        parts.append(node.id if own else self.imports.get(node.id, node.id))
        return public_name(".".join(reversed(parts)))

    @cached_property
    def _resolved(self) -> dict[ast.AST, str | None]:
        return {}

    @cached_property
    def _defined(self) -> Mapping[str, int]:
        return taken_over(self.tree)

    def _is_local(self, name: ast.Name) -> bool:
        around = (a for a in self.ancestors(name) if isinstance(a, FunctionNode))
        return any(name.id in self.bound_names(function) for function in around)

    def bound_names(self, function: FunctionNode) -> frozenset[str]:
        """The names that a function binds: its parameters and what its body assigns."""
        cached = self._bound.get(function)
        if cached is None:
            cached = self._bound[function] = frozenset(bindings(function))
        return cached

    def binders(self, function: FunctionNode, name: str) -> tuple[ast.AST, ...]:
        """The assignments, loops, comprehensions and with-items of a function that bind a name."""
        return tuple(binders(function).get(name, ()))

    def attribute_binders(self, owner: ast.ClassDef, attribute: str) -> tuple[ast.AST, ...]:
        """What gives `self.attribute` a value in a class: assignments, and calls of register_*."""
        cached = self._attribute_binders.get(owner)
        if cached is None:
            cached = self._attribute_binders[owner] = {}
            for node in walk(owner):
                for name in bound_attributes(node):
                    cached.setdefault(name, []).append(node)
        return tuple(cached.get(attribute, ()))

    @cached_property
    def _attribute_binders(self) -> dict[ast.ClassDef, dict[str, list[ast.AST]]]:
        return {}

    @cached_property
    def stored_attributes(self) -> Mapping[str, tuple[ast.Attribute, ...]]:
        """Every place that assigns or deletes an attribute of anything, by the attribute's name."""
        found: dict[str, tuple[ast.Attribute, ...]] = {}
        for node in walk(self.tree):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                found[node.attr] = (*found.get(node.attr, ()), node)
        return found

    @cached_property
    def globals(self) -> Mapping[str, ast.expr]:
        """The value that the module's body gives to each name, the first where it gives several."""
        found: dict[str, ast.expr] = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, statement.value)
        return found

    @cached_property
    def _bound(self) -> dict[FunctionNode, frozenset[str]]:
        return {}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every identifier that occurs in the file."""
        found: set[str] = set(self.imports)
        for node in walk(self.tree):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, Scope):
                found.add(node.name)
        return frozenset(found)


def _is_main_block(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`, which does not run on import."""
    test = node.test if isinstance(node, ast.If) else None
    left = test.left if isinstance(test, ast.Compare) else None
    return isinstance(left, ast.Name) and left.id == "__name__"


def _located(node: ast.AST) -> ast.expr:
    """`node` as one that has a position: every node but contexts, operators and `arguments`."""
    return cast(ast.expr, node)


def _first(node: ast.AST) -> ast.expr:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return decorators[0] if decorators else _located(node)
