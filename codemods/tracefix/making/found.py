"""Examples that a project has already: places that build a module and call it.

`if __name__ == "__main__":` blocks, tests and the code of a README are read, never run: what
they say is put together as a recipe, which the worker then tries.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tracefix.facts import ClassInfo, Facts, Project, Unit
from tracefix.facts.tree import walk
from tracefix.making.inlining import Unclear, inlined, without_moves
from tracefix.making.reading import parsed, text_for
from tracefix.model import Source, Subject
from tracefix.verify.recipe import Argument, Recipe

_SUMMARIES = ("summary",)  # take a model and its input's sizes, without the batch
_UNKNOWN = ast.parse("lambda: 0", mode="eval").body  # what cannot be put in
_TAKERS = ("trace", "export", "profile", "get_model_complexity_info", "add_graph")


def found_recipes(
    facts: Mapping[str, Facts], snippets: Iterable[Source] = ()
) -> dict[Subject, list[Recipe]]:
    """What the project's own text, and further snippets, say of its classes, in that order."""
    first = next(iter(facts.values()), None)
    if first is None:
        return {}
    project, found = first.project, dict[Subject, list[Recipe]]()
    units = [each.unit for each in facts.values()]
    units += parsed(snippets)
    units += [shown for each in facts.values() for shown in _shown(each.unit)]
    own = {id(each.unit) for each in facts.values()}
    for unit in units:
        for block in _blocks(unit, everything=id(unit) not in own):
            for subject, recipe in _Reader(project, unit).read(block):
                known = found.setdefault(subject, [])
                if recipe not in known:
                    known.append(recipe)
    return found


def _blocks(unit: Unit, everything: bool) -> Iterator[list[ast.stmt]]:
    """The bodies of main blocks and of tests; of a snippet, also its top level."""
    if everything:
        yield unit.tree.body
    for node in walk(unit.tree):
        if isinstance(node, ast.If) and _is_main(node.test):
            yield node.body
        elif isinstance(node, ast.FunctionDef) and node.name.startswith(("test", "main", "demo")):
            yield node.body


def _shown(unit: Unit) -> Iterator[Unit]:
    """The examples that docstrings of a file show, each as a file of its own."""
    for node in walk(unit.tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.Module)):
            text = ast.get_docstring(node) or ""
            if ">>>" in text:
                with contextlib.suppress(SyntaxError, ValueError):
                    examples = doctest.DocTestParser().get_examples(text)
                    shown = "".join(example.source for example in examples)
                    yield Unit.parse(Source.of(shown, unit.path))


def _is_main(test: ast.expr) -> bool:
    left = test.left if isinstance(test, ast.Compare) else None
    return isinstance(left, ast.Name) and left.id == "__name__"


@dataclass
class _Reader:
    """Goes through a block from the top, and remembers what its variables hold."""

    project: Project
    unit: Unit
    values: dict[str, ast.expr] = field(default_factory=dict)
    models: dict[str, tuple[ClassInfo, ast.Call]] = field(default_factory=dict)

    def read(self, block: Iterable[ast.stmt]) -> Iterator[tuple[Subject, Recipe]]:
        for statement in block:
            if isinstance(statement, (ast.With, ast.Try)):
                yield from self.read(statement.body)
                continue
            for node in walk(statement):
                if isinstance(node, ast.Call):
                    yield from self._call(node)
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._assign(statement.targets[0], statement.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            if len(target.elts) == len(value.elts):
                for one, other in zip(target.elts, value.elts, strict=True):
                    self._assign(one, other)
            return
        if not isinstance(target, ast.Name):
            return
        self.models.pop(target.id, None)
        plain = without_moves(value)
        info = self._built(plain)
        if info is not None and isinstance(plain, ast.Call):
            self.models[target.id] = (info, plain)
        own = any(isinstance(n, ast.Name) and n.id == target.id for n in walk(plain))
        if own:  # x = x + 1: what it was is not kept apart
            self.values[target.id] = _UNKNOWN
        else:
            self.values[target.id] = plain

    def _built(self, node: ast.expr) -> ClassInfo | None:
        """The module class that an expression makes an instance of."""
        if not isinstance(node, ast.Call):
            return None
        info = self.project.find_class(self.unit, node.func)
        if info is None and isinstance(node.func, ast.Name):
            info = self._by_name(node.func.id)
        return info if info is not None and self.project.is_module(info) else None

    def _by_name(self, name: str) -> ClassInfo | None:
        """The class of that name of the same file, or else the only one of the project."""
        named = [c for s, c in self.project.classes.items() if s.qualname == name]
        here = [info for info in named if info.unit.path == self.unit.path]
        return here[0] if here else named[0] if len(named) == 1 else None

    def _model(self, node: ast.expr) -> tuple[ClassInfo, ast.Call] | None:
        """What an expression that stands for a model was built by."""
        plain = without_moves(node)
        if isinstance(plain, ast.Name):
            return self.models.get(plain.id)
        info = self._built(plain)
        return (info, plain) if info is not None and isinstance(plain, ast.Call) else None

    def _call(self, node: ast.Call) -> Iterator[tuple[Subject, Recipe]]:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "forward":
            function = function.value
        called = self._model(function)
        if called is not None:
            yield from self._recipe(called, node.args, node.keywords)
        handed = self._model(node.args[0]) if node.args else None
        name = function.attr if isinstance(function, ast.Attribute) else ""
        name = function.id if isinstance(function, ast.Name) else name
        if handed is None:
            return
        given = node.args[1:2] or [k.value for k in node.keywords if "input" in (k.arg or "")][:1]
        if name in _SUMMARIES and given:
            yield from self._recipe(handed, [_of_sizes(given[0])], [])
        elif name in _TAKERS and given:
            listed = given[0].elts if isinstance(given[0], (ast.Tuple, ast.List)) else given
            yield from self._recipe(handed, listed, [])

    def _recipe(
        self,
        called: tuple[ClassInfo, ast.Call],
        args: Iterable[ast.expr],
        keywords: Iterable[ast.keyword],
    ) -> Iterator[tuple[Subject, Recipe]]:
        info, built = called
        try:
            construct = self._arguments(info, built.args, built.keywords, "")
            inputs = self._arguments(info, args, keywords, "x")
        except Unclear:
            return
        yield info.subject, Recipe("found", construct, inputs)

    def _arguments(
        self,
        info: ClassInfo,
        args: Iterable[ast.expr],
        keywords: Iterable[ast.keyword],
        name: str,
    ) -> tuple[Argument, ...]:
        found = []
        for number, node in enumerate(args):
            if isinstance(node, ast.Starred):
                raise Unclear
            named = node.id if isinstance(node, ast.Name) else f"{name or 'argument'}{number or ''}"
            found.append(Argument(self._text(info, node), named, False))
        for keyword in keywords:
            if keyword.arg is None:
                raise Unclear
            found.append(Argument(self._text(info, keyword.value), keyword.arg))
        return tuple(found)

    def _text(self, info: ClassInfo, node: ast.expr) -> str:
        return inlined(node, self.values, text_for(self.project, self.unit, info))


def _of_sizes(sizes: ast.expr) -> ast.expr:
    """A batch of two of what has some sizes."""
    rand = ast.Attribute(ast.Name("torch", ast.Load()), "rand", ast.Load())
    call = ast.Call(rand, [ast.Constant(2), ast.Starred(sizes, ast.Load())], [])
    return ast.fix_missing_locations(ast.copy_location(call, sizes))
