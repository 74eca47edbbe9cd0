"""How a project builds its own classes, as the start of a search for an example.

Hub entry points, factories (`def unet_small(**kwargs)`), scripts and the constructors of other
modules are read, never run: what they hand to a class are sizes that fit each other.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tracefix.facts import ClassInfo, Facts, FunctionNode, Project, Unit
from tracefix.facts.binders import parameters
from tracefix.facts.tree import walk
from tracefix.making.inlining import Unclear, inlined, without_moves
from tracefix.making.reading import parsed, text_for
from tracefix.model import Source, Subject
from tracefix.verify.hints import Build
from tracefix.verify.recipe import Argument

_OF_ONE = 3  # of one class
_LONGEST = 2000  # characters of an argument


def builds(
    facts: Mapping[str, Facts], subjects: Collection[Subject], snippets: Iterable[Source] = ()
) -> dict[Subject, tuple[Build, ...]]:
    """What the constructors of some classes are given in the project and in further snippets.

    Those that are told whole come first, and among them those of small sizes.
    """
    first = next(iter(facts.values()), None)
    if first is None:
        return {}
    found: dict[Subject, dict[Build, bool]] = {}
    for unit in (*parsed(snippets), *(each.unit for each in facts.values())):
        reader = _Reader(first.project, unit)
        for node in walk(unit.tree):
            info = reader.built(node, subjects)
            if info is not None and isinstance(node, ast.Call):
                build, whole = reader.arguments(info, node)
                if build:
                    found.setdefault(info.subject, {}).setdefault(build, whole)
    return {subject: _best(known) for subject, known in found.items()}


def _best(known: Mapping[Build, bool]) -> tuple[Build, ...]:
    ordered = sorted(known, key=lambda build: (not known[build], _size(build)))
    return tuple(ordered[:_OF_ONE])


def _size(build: Build) -> int:
    return sum(int(number) for each in build for number in re.findall(r"\b\d{1,6}\b", each.text))


@dataclass(frozen=True)
class _Reader:
    """Tells the arguments of calls in one file."""

    project: Project
    unit: Unit
    _values: dict[FunctionNode | None, Mapping[str, ast.expr]] = field(default_factory=dict)

    def built(self, node: ast.AST, wanted: Collection[Subject]) -> ClassInfo | None:
        """The wanted class that a node makes an instance of."""
        if not isinstance(node, ast.Call) or not (node.args or node.keywords):
            return None
        info = self.project.find_class(self.unit, node.func) or self._imported(node.func)
        return info if info is not None and info.subject in wanted else None

    def _imported(self, node: ast.expr) -> ClassInfo | None:
        """The only class of that name, where it is imported: paths may count from elsewhere."""
        name = self.unit.resolve(node) if self.unit.may_name_definition(node) else None
        last = (name or "").rpartition(".")[2]
        other = name == last or (name or "").startswith("torch")
        named = [] if other else self._by_name.get(last, [])
        return named[0] if len(named) == 1 else None

    @cached_property
    def _by_name(self) -> Mapping[str, list[ClassInfo]]:
        found: dict[str, list[ClassInfo]] = {}
        for subject, info in self.project.classes.items():
            found.setdefault(subject.qualname, []).append(info)
        return found

    def arguments(self, info: ClassInfo, call: ast.Call) -> tuple[Build, bool]:
        """The arguments of a call that can be told, by parameter, and whether they are all."""
        names = self._parameters(info)
        given: list[tuple[str, ast.expr]] = []
        whole = True
        for number, node in enumerate(call.args):
            if isinstance(node, ast.Starred) or number >= len(names):
                whole = False
                break
            given.append((names[number], node))
        around = self.unit.function_of(call)
        passed = around.args.kwarg.arg if around is not None and around.args.kwarg else None
        for keyword in call.keywords:
            if keyword.arg is not None:
                given.append((keyword.arg, keyword.value))
            elif isinstance(settings := self._plain(keyword.value, around), ast.Dict | ast.Call):
                given += _spread(settings)
            elif not (isinstance(keyword.value, ast.Name) and keyword.value.id == passed):
                whole = False
        told = []
        for name, node in given:
            try:
                text = self._text(info, node, call)
            except (Unclear, RecursionError):
                whole = False
                continue
            if len(text) <= _LONGEST:
                told.append(Argument(text, name))
        return tuple(told), whole

    def _parameters(self, info: ClassInfo) -> list[str]:
        constructor = self.project.find_method(info, "__init__")
        if constructor is None:
            return []
        args = constructor[1].args
        return [each.arg for each in (*args.posonlyargs, *args.args)][1:]

    def _plain(self, node: ast.expr, around: FunctionNode | None) -> ast.expr:
        """What a variable was set to."""
        return self._settled(around).get(node.id, node) if isinstance(node, ast.Name) else node

    def _text(self, info: ClassInfo, node: ast.expr, call: ast.Call) -> str:
        around, owner = self.unit.function_of(call), self.unit.class_of(call)
        values = self._settled(around)
        local = frozenset() if around is None else self.unit.bound_names(around)
        named = text_for(self.project, self.unit, info)

        def name_of(part: ast.expr) -> str | None:
            kept = self._kept(owner, part)
            if kept is not None:
                return inlined(kept, values, without_locals)
            return without_locals(part)

        def without_locals(part: ast.expr) -> str | None:
            return None if isinstance(part, ast.Name) and part.id in local else named(part)

        return inlined(node, values, name_of)

    def _kept(self, owner: ast.ClassDef | None, node: ast.expr) -> ast.expr | None:
        """What a class sets `self.width` to, where that happens once."""
        if owner is None or not isinstance(node, ast.Attribute):
            return None
        if not isinstance(node.value, ast.Name) or node.value.id != "self":
            return None
        binders = self.unit.attribute_binders(owner, node.attr)
        if len(binders) != 1 or not isinstance(binders[0], ast.Assign):
            return None
        return binders[0].value if isinstance(binders[0].targets[0], ast.Attribute) else None

    def _settled(self, around: FunctionNode | None) -> Mapping[str, ast.expr]:
        """The values of the names of a function, or of the file, that have one value."""
        if around not in self._values:
            settled = dict(_assigned(self.unit, around))
            outer = None if around is None else self.unit.function_of(around)
            if outer is not None:
                settled = {**self._settled(outer), **settled}
            self._values[around] = settled
        return self._values[around]


def _assigned(unit: Unit, around: FunctionNode | None) -> Iterator[tuple[str, ast.expr]]:
    if around is None:
        stored = Counter(
            target.id
            for statement in unit.tree.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        )
        yield from ((n, without_moves(v)) for n, v in unit.globals.items() if stored[n] == 1)
        return
    args = around.args
    listed = [*args.posonlyargs, *args.args]
    defaults = list(zip(reversed(listed), reversed(args.defaults), strict=False))
    defaults += [(a, d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d]
    own = {each.arg for each in parameters(around)}
    for argument, default in defaults:
        if not unit.binders(around, argument.arg):
            yield argument.arg, default
    for name in unit.bound_names(around) - own:
        binders = unit.binders(around, name)
        value = (
            binders[0].value if len(binders) == 1 and isinstance(binders[0], ast.Assign) else None
        )
        if value is not None and isinstance(binders[0].targets[0], ast.Name):  # type: ignore[attr-defined]
            yield name, without_moves(value)


def _spread(settings: ast.Dict | ast.Call) -> list[tuple[str, ast.expr]]:
    """What `**{"width": 4}` and `**dict(width=4)` give."""
    if isinstance(settings, ast.Call):
        named = isinstance(settings.func, ast.Name) and settings.func.id == "dict"
        return [(k.arg, k.value) for k in settings.keywords if k.arg] if named else []
    pairs = zip(settings.keys, settings.values, strict=True)
    return [(k.value, v) for k, v in pairs if isinstance(k, ast.Constant) and type(k.value) is str]
