"""What the text of a function tells of each of its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from tracefix.facts import ClassInfo, FunctionNode, Project, Unit
from tracefix.facts.binders import parameters
from tracefix.facts.tree import walk
from tracefix.making.shapes import declared_by_annotation, declared_by_text
from tracefix.verify.hints import Hints, Uses

_DECLARED = ("annotation", "kind")  # by the signature, not by uses
_DEEPEST = 3  # calls that an argument is followed through
_TRUTHS = (ast.If, ast.IfExp, ast.While)


def hints_of(project: Project, info: ClassInfo) -> Hints:
    """What a class's text, and that of the classes it hands its arguments to, tells."""
    constructor = project.find_method(info, "__init__")
    entry = project.entry(info)
    return Hints(
        {} if constructor is None else _constructor_uses(project, info, *constructor, depth=0),
        {} if entry is None else _input_uses(*entry),
    )


def _constructor_uses(
    project: Project, info: ClassInfo, owner: ClassInfo, function: FunctionNode, depth: int
) -> dict[str, Uses]:
    """The uses of a constructor's parameters, in it and through the attributes that keep them."""
    found: dict[str, Uses] = {}
    kept = _kept(function)
    for parameter in parameters(function)[1:]:
        seen = _Seen(owner.unit, parameter)
        seen.look(walk(function), parameter.arg)
        uses = seen.uses()
        for attribute in kept.get(parameter.arg, ()):
            uses = _joined(uses, _later(project, info, attribute))
        if depth < _DEEPEST:
            for handed in _handed(project, owner.unit, function, parameter.arg, depth):
                uses = _joined(uses, replace(handed, annotation=""))
        found[parameter.arg] = uses
    return found


def _input_uses(owner: ClassInfo, function: FunctionNode) -> dict[str, Uses]:
    found, text = {}, owner.unit.text(function)
    for parameter in parameters(function)[1:]:
        seen = _Seen(owner.unit, parameter)
        seen.look(walk(function), parameter.arg)
        uses = seen.uses()
        rank, kind = declared_by_annotation(uses.annotation)
        rank = uses.rank or rank or declared_by_text(function, text, parameter.arg)
        found[parameter.arg] = replace(uses, rank=rank, kind=kind)
    return found


def _kept(function: FunctionNode) -> dict[str, list[str]]:
    """The attributes of self that hold a parameter as it was given."""
    found: dict[str, list[str]] = {}
    for node in walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    found.setdefault(node.value.id, []).append(target.attr)
    return found


def _later(project: Project, info: ClassInfo, attribute: str) -> Uses:
    """What the methods of a class and its ancestors do with an attribute of self."""
    seen = _Seen(info.unit, None)
    for current in (info, *project.bases(info)):
        for name, method in current.methods.items():
            found = _Seen(current.unit, None)
            found.look(walk(method), f"self.{attribute}")
            if found.calls and name != "__init__":
                seen.called_later = True
                found.calls.clear()
            seen.take(found)
    return seen.uses()


def _handed(
    project: Project, unit: Unit, function: FunctionNode, name: str, depth: int
) -> Iterator[Uses]:
    """What the constructors do with a parameter that it is handed to as it is."""
    for node in walk(function):
        if not isinstance(node, ast.Call):
            continue
        places: list[int | str] = [
            n for n, a in enumerate(node.args) if isinstance(a, ast.Name) and a.id == name
        ]
        places += [
            k.arg
            for k in node.keywords
            if k.arg and isinstance(k.value, ast.Name) and k.value.id == name
        ]
        if not places:
            continue
        called = project.find_class(unit, node.func)
        constructor = None if called is None else project.find_method(called, "__init__")
        if called is None or constructor is None or constructor[1] is function:
            continue
        known = _constructor_uses(project, called, *constructor, depth=depth + 1)
        names = list(known)
        for place in places:
            key = place if isinstance(place, str) else dict(enumerate(names)).get(place, "")
            if key in known:
                yield known[key]


@dataclass
class _Seen:
    """What has been seen of one parameter while the text is gone through."""

    unit: Unit
    parameter: ast.arg | None
    calls: list[int] = field(default_factory=list)
    called_later: bool = False
    iterated: bool = False
    sized: bool = False
    indices: list[int] = field(default_factory=list)
    subscripted: bool = False
    keys: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    unpacked: int = 0
    rank: int = 0
    least_rank: int = 0
    types: list[str] = field(default_factory=list)
    counted: bool = False
    calculated: bool = False
    tested: bool = False

    def look(self, nodes: Iterable[ast.AST], wanted: str) -> None:
        """Note every use of `wanted`, a name or an attribute of self."""
        for node in nodes:
            if isinstance(node, ast.Name | ast.Attribute) and _dotted(node) == wanted:
                self._note(node)

    def take(self, other: _Seen) -> None:
        """All that another has seen, too."""
        for each in fields(Uses):
            if each.name in _DECLARED:
                continue
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            setattr(self, each.name, mine + theirs if isinstance(mine, list) else mine or theirs)

    def uses(self) -> Uses:
        annotation = self.parameter.annotation if self.parameter is not None else None
        plain: dict[str, Any] = {}
        for each in fields(Uses):
            if each.name not in _DECLARED:
                value = getattr(self, each.name)
                plain[each.name] = tuple(dict.fromkeys(value)) if isinstance(value, list) else value
        return Uses(annotation=ast.unparse(annotation) if annotation else "", **plain)

    def _note(self, node: ast.AST) -> None:
        parent = self.unit.parents.get(node)
        if isinstance(parent, ast.Call):
            self._called(parent, node)
        elif isinstance(parent, ast.Attribute):
            self._attribute(parent)
        elif isinstance(parent, ast.Subscript) and parent.value is node:
            self._subscript(parent)
        elif isinstance(parent, ast.Subscript) and isinstance(parent.value, ast.Dict):
            self.compared += [ast.unparse(key) for key in parent.value.keys if key is not None]
        elif isinstance(parent, ast.For | ast.comprehension) and parent.iter is node:
            self.iterated = True
        elif isinstance(parent, ast.Starred):
            self.iterated = True
        elif isinstance(parent, ast.Compare):
            self._compared(parent, node)
        elif isinstance(parent, ast.BinOp):
            self.calculated = True
        elif isinstance(parent, _TRUTHS) and parent.test is node:
            self.tested = True
        elif isinstance(parent, ast.UnaryOp | ast.BoolOp):
            self.tested = True
        elif isinstance(parent, ast.Assign) and parent.value is node:
            self.unpacked = _count(parent) or self.unpacked

    def _called(self, call: ast.Call, node: ast.AST) -> None:
        if call.func is node:
            self.calls.append(len(call.args))
            return
        name = _dotted(call.func)
        if name == "len":
            self.sized = True
        elif name in ("zip", "enumerate", "list", "tuple", "reversed", "sorted", "map"):
            self.iterated = True
        elif name == "range":
            self.counted = True
        elif name == "isinstance" and len(call.args) == 2:
            kinds = call.args[1]
            listed = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
            self.types += [ast.unparse(kind) for kind in listed]

    def _attribute(self, node: ast.Attribute) -> None:
        parent, names = self.unit.parents.get(node), [node.attr]
        if node.attr == "shape" and isinstance(parent, ast.Assign):
            self.rank = _count(parent) or self.rank
        if node.attr == "shape" and isinstance(parent, ast.Subscript):
            self._rank_from(parent.slice)
        if node.attr == "size" and isinstance(parent, ast.Call):
            self._sizes(parent)
        if node.attr in ("get", "keys", "items", "values", "pop") and isinstance(parent, ast.Call):
            first = parent.args[0] if parent.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                self.keys.append(first.value)
        while isinstance(parent, ast.Attribute):
            names.append(parent.attr)
            parent = self.unit.parents.get(parent)
        self.attributes.append(".".join(names))

    def _sizes(self, call: ast.Call) -> None:
        around = self.unit.parents.get(call)
        if call.args:
            self._rank_from(call.args[0])
        elif isinstance(around, ast.Assign):
            self.rank = _count(around) or self.rank
        elif isinstance(around, ast.Subscript):
            self._rank_from(around.slice)

    def _rank_from(self, index: ast.expr) -> None:
        if isinstance(index, ast.Constant) and type(index.value) is int:
            self.least_rank = max(self.least_rank, index.value + 1)

    def _subscript(self, node: ast.Subscript) -> None:
        self.subscripted = True
        index = node.slice
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            self.keys.append(index.value)
        elif isinstance(index, ast.Constant) and type(index.value) is int:
            self.indices.append(index.value)

    def _compared(self, node: ast.Compare, mine: ast.AST) -> None:
        for other in (node.left, *node.comparators):
            if other is mine:
                continue
            listed = other.elts if isinstance(other, ast.List | ast.Tuple | ast.Set) else [other]
            self.compared += [
                ast.unparse(each)
                for each in listed
                if isinstance(each, ast.Constant) and each.value is not None
            ]


def _joined(one: Uses, other: Uses) -> Uses:
    """What either tells."""
    held: dict[str, Any] = {}
    for each in fields(Uses):
        mine, theirs = getattr(one, each.name), getattr(other, each.name)
        both = isinstance(mine, tuple)
        held[each.name] = tuple(dict.fromkeys(mine + theirs)) if both else mine or theirs
    return Uses(**held)


def _count(assignment: ast.Assign) -> int:
    """How many names an assignment unpacks into; 0 where it does not, or takes any number."""
    target = assignment.targets[0]
    if not isinstance(target, ast.Tuple | ast.List):
        return 0
    starred = any(isinstance(each, ast.Starred) for each in target.elts)
    return 0 if starred else len(target.elts)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
