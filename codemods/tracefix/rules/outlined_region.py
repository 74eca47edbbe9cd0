"""Moves statements into a function that a trace keeps as code, written in front of the class.

`torch.jit.script_if_tracing` leaves it plain Python in eager mode and compiles it while a trace is
recorded. What the statements read of self becomes an argument, and a layer's call the function
that the layer calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.flow import ENTRY, passage
from tracefix.facts.given_back import GivenBack
from tracefix.facts.narrowed import type_at
from tracefix.facts.regions import (
    Region,
    Stays,
    region_around,
    region_of_body,
    without_docstring,
)
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.torch_types import arguments
from tracefix.facts.tree import walk
from tracefix.facts.types import Unknown
from tracefix.model import Refusal
from tracefix.rewrite.change import Change, Edit, Hole, before, escaped, moved_away, replace
from tracefix.rules.outlined_parameters import BodyFunction, Parameter, argument, path_of
from tracefix.rules.outlined_text import docstring, fitted, snake
from tracefix.rules.self_arguments import SelfArguments
from tracefix.rules.two_arms import changed_in_place

_WHOLE = "What the method of this name does, for functions that a trace keeps as code."


def outlined(node: ast.AST, kind: str, why: str, facts: Facts) -> Change | Refusal:
    """The smallest region around a node as a function of its own; `kind` goes into its name.

    Where its function cannot take the numbers that it is given for tensors, what calls it moves;
    and where nothing that would be large enough can move, a tensor carries the sizes in its own.
    """
    reasons: list[str] = []
    places = list(_places(node, facts))
    for place, sizes_cross in [*((p, False) for p in places), *((p, True) for p in places)]:
        try:
            bodies = _Bodies(facts)
            region = region_around(place, facts, sizes_cross=sizes_cross)
            made = _Outline(region, facts, bodies).write(kind, why)
        except Stays as reason:
            reasons.append(str(reason))
            continue
        title = f"move it into {made.name}, which a trace keeps as code"
        return Change(title, tuple(bodies.edits), tuple(dict.fromkeys(bodies.imports)))
    return Refusal(reasons[0])


def _places(node: ast.AST, facts: Facts) -> Iterator[ast.AST]:
    """A node, then the calls of its function, and the calls of the functions that these are in."""
    seen = [node]
    for place in seen:  # the list grows while it is gone through
        yield place
        function = facts.unit.function_of(place)
        if function is not None:
            seen += [c for c in facts.call_sites.of(function) if c not in seen]


class _Bodies:
    """The functions that a change makes of methods, and all of its edits."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._made: dict[FunctionNode, BodyFunction | None] = {}
        self.edits: list[Edit] = []
        self.imports: list[str] = ["import torch"]

    def of(self, method: FunctionNode) -> BodyFunction:
        """The function with a method's body: there already, made before, or made now."""
        if method not in self._made:
            self._made[method] = _delegated(method, self._facts)
            if self._made[method] is None:
                region = region_of_body(method, self._facts)
                outline = _Outline(region, self._facts, self, whole=True)
                kind = "forward" if method.name == "forward" else ""
                self._made[method] = outline.write(kind, _WHOLE)
        found = self._made[method]
        if found is None:
            raise Stays(f"{method.name} calls itself")
        return found


def _delegated(method: FunctionNode, facts: Facts) -> BodyFunction | None:
    """The function that all of a method is but a call of, where an earlier change made it so."""
    statement = method.body[-1]
    value = statement.value if isinstance(statement, ast.Return) else None
    if not isinstance(value, ast.Call) or len(without_docstring(method)) != 1 or value.keywords:
        return None
    function = facts.unit.functions.get(facts.unit.resolve(value.func) or "")
    if function is None or not (ast.get_docstring(function) or "").startswith(_WHOLE):
        return None
    found = []
    for given, parameter in zip(value.args, function.args.args, strict=False):
        path = path_of(given)
        type_ = facts.types.of_local(function, parameter.arg)
        if isinstance(type_, Unknown) or (path is None and not isinstance(given, ast.Name)):
            return None
        name = given.id if isinstance(given, ast.Name) else parameter.arg
        found.append(Parameter(name, path, type_))
    return BodyFunction(function.name, tuple(found))


class _Outline:
    """One region, and the parameters that its function needs."""

    def __init__(
        self, region: Region, facts: Facts, bodies: _Bodies, *, whole: bool = False
    ) -> None:
        self._region = region
        self._facts = facts
        self._bodies = bodies
        self._whole = whole
        self._own = SelfArguments(region.function, dict(region.taken), bodies.of, facts)
        self._given = region.given or _changed(region)
        self._gives = "None"
        self._renews = False

    def write(self, kind: str, why: str) -> BodyFunction:
        """Make the function, its call, and the edits inside of what moves."""
        if self._facts.unit.function_of(self._region.function) is not None:
            raise Stays("it stands in a function inside of another")
        self._own.rewrite(self._region.statements)
        if self._region.sizes:
            self._own.take_sizes(self._region.sizes)
        leaving = self._leaving()
        name = self._facts.fresh(self._name(kind))
        definition = self._definition(name, why, leaving)
        self._bodies.edits += [definition, *self._own.edits, *self._call(name)]
        self._bodies.imports += [*self._own.imports, *self._typing_imports()]
        return BodyFunction(name, tuple(self._own.parameters.values()))

    def _typing_imports(self) -> tuple[str, ...]:
        """One statement for all that the signature names."""
        types = [*(parameter.type_ for parameter in self._own.parameters.values()), self._gives]
        spelling = [written(type_, self._facts.unit) for type_ in types]
        names = [
            statement.removeprefix("from typing import ")
            for statement in imports_for(spelling, self._facts.unit)
            if statement.startswith("from typing import ")
        ]
        return (f"from typing import {', '.join(names)}",) if names else ()

    # -- what is written

    def _name(self, kind: str) -> str:
        """`_relax_loop` for a loop of Relax.forward."""
        owner = self._facts.unit.class_of(self._region.function)
        words = [] if owner is None else [snake(owner.name)]
        if self._region.function.name not in ("forward", "__call__"):
            words.append(self._region.function.name.strip("_"))
        return "_" + "_".join([*words, *filter(None, [kind])])

    def _leaving(self) -> str:
        """The values that the function gives, none of them a tensor that it may have been given.

        Where the statements return themselves, their values are edited.
        """
        names = self._facts.unit.bound_names(self._region.function)
        seen = passage(self._region.statements, names)
        back = GivenBack(seen.reads, self._facts)
        if not self._region.returns:
            end = seen.end or {}
            # What is never bound anew is always given back, and so is no surprise.
            gone = {
                name: end[name] != {ENTRY} and back.may_come_from(end[name]) for name in self._given
            }
            self._renews = any(gone.values())
            if not gone and not self._whole:
                return self._anything()
            return ", ".join(f"{n}.view_as({n})" if may else n for n, may in gone.items())
        for value in self._returned():
            if back.may_be(value):
                if not isinstance(value, ast.Name):
                    raise Stays(f"it may return what it was given: {ast.unparse(value)}")
                self._renews = True
                self._own.edits.append(replace(value, "{value}.view_as({value})", value=value.id))
        return ""

    def _anything(self) -> str:
        """Some tensor: a trace takes no function that gives nothing."""
        tensors = [p.name for p in self._own.parameters.values() if p.type_ == "Tensor"]
        if not tensors:
            raise Stays("it gives no tensor, and takes none")
        return tensors[0]

    def _returned(self) -> Iterator[ast.expr]:
        """The tensors of the return statements."""
        for statement in self._region.statements:
            for node in walk(statement):
                if isinstance(node, ast.Return) and node.value is not None:
                    parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                    yield from parts

    def _definition(self, name: str, why: str, leaving: str) -> Edit:
        holes: dict[str, Hole] = {}
        lines: list[str] = list(self._own.first_lines)
        for number, along in enumerate(self._region.brought):
            if along.code is not None:
                lines.append(escaped(along.code))
            else:
                holes[f"brought{number}"] = [along.statement]
                lines.append(f"{{brought{number}}}")
        lines.append("{body}")
        holes["body"] = self._region.statements
        if leaving:
            lines.append(f"return {leaving}")
        listed = [
            f"{parameter.name}: {written(parameter.type_, self._facts.unit)}"
            for parameter in self._own.parameters.values()
        ]
        head = fitted(f"def {name}", listed, f"{self._returned_type(leaving)}:")
        every = (*docstring(why, self._renews), *lines)
        body = "".join(f"    {line}\n" if line else "\n" for line in every)
        return before(
            self._facts.unit.top_level(self._region.function),
            f"{head}\n{body}" if self._whole else f"@torch.jit.script_if_tracing\n{head}\n{body}",
            **holes,
        )

    def _returned_type(self, leaving: str) -> str:
        if not self._region.returns:
            count = len(leaving.split(", ")) if leaving else 0
            type_ = "Tensor" if count == 1 else f"Tuple[{', '.join(['Tensor'] * count)}]"
            type_ = type_ if count else "None"
        else:
            type_ = self._type_of_what_returns()
        self._gives = type_
        return f" -> {written(type_, self._facts.unit)}"

    def _type_of_what_returns(self) -> str:
        """The type of the return statements. Raises Stays where it is no tensor, or several."""
        found = set()
        for statement in self._region.statements:
            for node in walk(statement):
                if isinstance(node, ast.Return):
                    type_ = type_at(node.value, self._facts) if node.value else "None"
                    found.add(type_)
        if len(found) != 1:
            raise Stays("what it returns is not of one type")
        type_ = found.pop()
        if isinstance(type_, Unknown):
            raise Stays(f"what it returns is not known to be a tensor: {type_.why}")
        if self._whole:
            return type_  # where no trace is at the other end, numbers may come back too
        parts = arguments(type_) if type_.startswith("Tuple[") else [type_]
        if set(parts) != {"Tensor"}:
            raise Stays(f"it returns a {type_}, which a trace records as it was")
        return type_

    def _call(self, name: str) -> list[Edit]:
        call = fitted(name, [argument(p) for p in self._own.parameters.values()], "")
        given = ", ".join(self._given)
        start = "return " if self._region.returns else f"{given} = " if given else ""
        first, *rest = self._region.statements
        moved = [b.statement for b in self._region.brought if b.code is None]
        return [moved_away(first, f"{start}{call}"), *(moved_away(s) for s in (*rest, *moved))]


def _changed(region: Region) -> tuple[str, ...]:
    """The tensors that a region changes in place, where it gives nothing else."""
    if region.returns:
        return ()
    names = set().union(*(changed_in_place(statement) for statement in region.statements))
    return tuple(name for name, type_ in region.taken if type_ == "Tensor" and name in names)
