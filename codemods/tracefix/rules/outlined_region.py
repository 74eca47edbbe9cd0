"""Moves statements into a function that a trace keeps as code, written in front of the class.

`torch.jit.script_if_tracing` leaves it plain Python in eager mode and compiles it while a trace is
recorded. What the statements read of self becomes an argument, and a layer's call the function
that the layer calls.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.crossing import changes_with_input
from tracefix.facts.flow import passage
from tracefix.facts.given_back import GivenBack
from tracefix.facts.layers import layers_of
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.regions import Region, Stays, position, region_around
from tracefix.facts.spelling import functional, imports_for, written
from tracefix.facts.torch_types import arguments, is_constant_type
from tracefix.facts.tree import walk
from tracefix.facts.types import Unknown
from tracefix.model import Refusal
from tracefix.rewrite.change import Change, Edit, Hole, before, escaped, moved_away, replace
from tracefix.rules.functional_layers import functional_call

_WIDTH = 100


def outlined(node: ast.AST, kind: str, why: str, facts: Facts) -> Change | Refusal:
    """The smallest region around a node as a function of its own; `kind` goes into its name."""
    try:
        region = region_around(node, facts)
        return _Outline(region, facts).change(kind, why)
    except Stays as reason:
        return Refusal(str(reason))


class _Outline:
    """One region, and the parameters that its function needs."""

    def __init__(self, region: Region, facts: Facts) -> None:
        self._region = region
        self._facts = facts
        self._functional, functional_import = functional(facts.unit)
        self._imports: tuple[str, ...] = ("import torch",)
        self._functional_import = functional_import
        self._types: dict[str, str] = dict(region.taken)
        self._arguments: dict[str, str] = {name: name for name, _ in region.taken}
        self._gives = "None"
        self._renews = False
        self._edits: list[Edit] = []

    def change(self, kind: str, why: str) -> Change:
        """The function, its call, and the edits inside of what moves."""
        if self._facts.unit.function_of(self._region.function) is not None:
            raise Stays("it stands in a function inside of another")
        for statement in self._region.statements:
            self._rewrite(statement)
        leaving = self._leaving()
        name = self._facts.fresh(self._name(kind))
        definition = self._definition(name, why, leaving)
        return Change(
            f"move it into {name}, which a trace keeps as code",
            (definition, *self._edits, *self._call(name)),
            (*self._imports, *self._typing_imports()),
        )

    def _typing_imports(self) -> tuple[str, ...]:
        """One statement for all that the signature names."""
        names = [
            statement.removeprefix("from typing import ")
            for statement in imports_for([*self._types.values(), self._gives], self._facts.unit)
            if statement.startswith("from typing import ")
        ]
        return (f"from typing import {', '.join(names)}",) if names else ()

    # -- what the statements read of self

    def _rewrite(self, statement: ast.stmt) -> None:
        layer_parts: set[ast.AST] = set()
        in_text_order = sorted(walk(statement), key=position)
        for node in in_text_order:
            if isinstance(node, ast.Call) and is_self_attribute(node.func):
                layer_parts.add(node.func)
                self._called(node)
            elif is_self_attribute(node) and node not in layer_parts:
                self._read(node)
            elif isinstance(node, ast.Name) and node.id in ("self", "super"):
                if not is_self_attribute(self._facts.unit.parents[node]):
                    raise Stays(f"it hands {node.id} on")

    def _called(self, call: ast.Call) -> None:
        assert isinstance(call.func, ast.Attribute)
        name = call.func.attr
        kept = self._kept_function(call.func)
        if kept is not None:
            self._edits.append(replace(call.func, kept))
            return
        layers = layers_of(call.func, self._facts)
        if len(layers) != 1 or not layers[0].kind:
            raise Stays(f"it calls self.{name}, which is not known as one of torch.nn's layers")
        if call.keywords or any(isinstance(a, ast.Starred) for a in call.args):
            raise Stays(f"it calls self.{name} with keywords or stars")
        holes: dict[str, Hole] = {f"input{n}": a for n, a in enumerate(call.args)}

        def ask(attribute: str, type_: str) -> str:
            return self._parameter(f"{name}.{attribute}", type_)

        inputs = [f"{{{hole}}}" for hole in holes]
        template = functional_call(layers[0], inputs, self._functional, ask)
        if f"{self._functional}." in template:
            self._imports = tuple(dict.fromkeys((*self._imports, *self._functional_import)))
        self._edits.append(replace(call, template, **holes))

    def _kept_function(self, func: ast.Attribute) -> str | None:
        """`torch.tanh` where that is all that `self.act` ever is."""
        owner = self._facts.unit.class_of(func)
        binders = self._facts.unit.attribute_binders(owner, func.attr) if owner else ()
        if len(binders) != 1 or not isinstance(binders[0], ast.Assign):
            return None
        value = binders[0].value
        name = self._facts.unit.resolve(value) or ""
        is_function = name.startswith("torch.") and name.rpartition(".")[2][:1].islower()
        return ast.unparse(value) if is_function and isinstance(value, ast.Attribute) else None

    def _read(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Attribute)
        above = self._facts.unit.parents[node]
        if isinstance(above, ast.Attribute) and above.attr in ("weight", "bias"):
            layers = layers_of(node, self._facts)
            if layers:
                kept = above.attr == "weight" or all(layer.kind == "Linear" for layer in layers)
                part = "Tensor" if kept else "Optional[Tensor]"
                name = self._parameter(f"{node.attr}.{above.attr}", part)
                self._edits.append(replace(above, name))
                return
        type_ = "bool" if node.attr == "training" else self._facts.types.of(node)
        if isinstance(type_, Unknown):
            raise Stays(f"what self.{node.attr} is, is not known: {type_.why}")
        if not isinstance(node.ctx, ast.Load):
            in_place = isinstance(above, ast.AugAssign) and type_ == "Tensor"
            if not in_place:
                raise Stays(f"it assigns self.{node.attr}")
        if type_ not in ("Tensor", "Optional[Tensor]") and not is_constant_type(type_):
            raise Stays(f"it reads self.{node.attr}, which is a {type_}")
        if changes_with_input(node, self._facts):
            raise Stays(f"it reads the state self.{node.attr}")
        self._edits.append(replace(node, self._parameter(node.attr, type_)))

    def _parameter(self, path: str, type_: str) -> str:
        """The parameter that an attribute below self becomes, such as "step.weight"."""
        argument = re.sub(r"\.(\d+)", r"[\1]", f"self.{path}")
        for name, given in self._arguments.items():
            if given == argument:
                return name
        name = path.replace(".", "_")
        function = self._facts.unit.bound_names(self._region.function)
        while name in function or name in self._facts.unit.imports or name in self._arguments:
            name = f"own_{name}"
        self._arguments[name] = argument
        self._types[name] = type_
        return name

    # -- what is written

    def _name(self, kind: str) -> str:
        """`_relax_loop` for a loop of Relax.forward."""
        owner = self._facts.unit.class_of(self._region.function)
        words = [] if owner is None else [_snake(owner.name)]
        if self._region.function.name not in ("forward", "__call__"):
            words.append(self._region.function.name.strip("_"))
        return "_" + "_".join([*words, kind])

    def _leaving(self) -> str:
        """The values that the function gives, none of them a tensor that it may have been given.

        Where the statements return themselves, their values are edited.
        """
        names = self._facts.unit.bound_names(self._region.function)
        seen = passage(self._region.statements, names)
        back = GivenBack(seen.reads, self._facts)
        if not self._region.returns:
            end = seen.end or {}
            gone = {name: back.may_come_from(end[name]) for name in self._region.given}
            self._renews = any(gone.values())
            return ", ".join(f"{n}.view_as({n})" if may else n for n, may in gone.items())
        for value in self._returned():
            if back.may_be(value):
                if not isinstance(value, ast.Name):
                    raise Stays(f"it may return what it was given: {ast.unparse(value)}")
                self._renews = True
                self._edits.append(replace(value, "{value}.view_as({value})", value=value.id))
        return ""

    def _returned(self) -> Iterator[ast.expr]:
        """The tensors of the return statements."""
        for statement in self._region.statements:
            for node in walk(statement):
                if isinstance(node, ast.Return) and node.value is not None:
                    parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                    yield from parts

    def _definition(self, name: str, why: str, leaving: str) -> Edit:
        holes: dict[str, Hole] = {}
        lines: list[str] = []
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
        listed = [f"{n}: {written(t, self._facts.unit)}" for n, t in self._types.items()]
        head = _fitted(f"def {name}", listed, f"{self._returned_type()}:")
        every = (*_docstring(why, self._renews), *lines)
        body = "".join(f"    {line}\n" if line else "\n" for line in every)
        return before(
            self._facts.unit.top_level(self._region.function),
            f"@torch.jit.script_if_tracing\n{head}\n{body}",
            **holes,
        )

    def _returned_type(self) -> str:
        if not self._region.returns:
            parts = ["Tensor"] * len(self._region.given)
            type_ = parts[0] if len(parts) == 1 else f"Tuple[{', '.join(parts)}]"
            type_ = type_ if parts else "None"
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
                    type_ = self._facts.types.of(node.value) if node.value else "None"
                    found.add(type_)
        if len(found) != 1:
            raise Stays("what it returns is not of one type")
        type_ = found.pop()
        if isinstance(type_, Unknown):
            raise Stays(f"what it returns is not known to be a tensor: {type_.why}")
        parts = arguments(type_) if type_.startswith("Tuple[") else [type_]
        if set(parts) != {"Tensor"}:
            raise Stays(f"it returns a {type_}, which a trace records as it was")
        return type_

    def _call(self, name: str) -> list[Edit]:
        call = _fitted(name, list(self._arguments.values()), "")
        given = ", ".join(self._region.given)
        start = "return " if self._region.returns else f"{given} = " if given else ""
        first, *rest = self._region.statements
        moved = [b.statement for b in self._region.brought if b.code is None]
        return [moved_away(first, f"{start}{call}"), *(moved_away(s) for s in (*rest, *moved))]


def _docstring(why: str, renews: bool) -> list[str]:
    if not renews:
        return [f'"""{why}"""']
    return [
        f'"""{why}',
        "",
        "A trace knows tensors by identity: view_as gives another than was taken.",
        '"""',
    ]


def _fitted(start: str, listed: list[str], end: str) -> str:
    """`start(a, b)end`, one a line where that is too long."""
    line = f"{start}({', '.join(listed)}){end}"
    if len(line) <= _WIDTH - 12:
        return line
    return "\n".join([f"{start}(", *(f"    {each}," for each in listed), f"){end}"])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")
