"""Lists and dicts of layers: which attribute holds one, and how many layers __init__ puts in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.bindings import bindings
from tracefix.facts.instances import held
from tracefix.facts.layers import Layer, layer_of, layers_of
from tracefix.facts.literals import literal_int
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.torch_types import arguments
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

LISTS = frozenset({"ModuleList", "Sequential", "ParameterList"})
CONTAINERS = LISTS | {"ModuleDict"}


def container_of(node: ast.AST, facts: Facts) -> str | None:
    """ "ModuleList", "Sequential" or "ModuleDict" where `self.layers` is always one, else None."""
    owner = facts.unit.class_of(node)
    if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
        return None
    info = ClassInfo(facts.unit, owner)
    told: set[str] = set()
    for current in (info, *facts.project.bases(info), *facts.project.derived(info)):
        for binder in current.unit.attribute_binders(current.node, node.attr):
            told.add(_constructed(binder, current.unit) or "?")
    made = told - {"?"}
    if not made or "?" in told:  # what the text does not show, a run has to
        made |= held(info, node.attr, facts)
    return made.pop() if len(made) == 1 and made <= CONTAINERS else None


@dataclass(frozen=True, eq=False)
class PlainList:
    """`self.<name>`, which every definition in the class makes a plain list of layers."""

    owner: ClassInfo
    name: str
    definitions: tuple[ast.AST, ...]
    has_none: bool = False


def plain_lists(facts: Facts) -> Iterator[PlainList]:
    """The plain lists of layers that forward reads, each once."""
    seen: set[tuple[ast.ClassDef, str]] = set()
    for node in facts.in_forward(ast.Attribute):
        owner = facts.unit.class_of(node)
        if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
            continue
        if (owner, node.attr) in seen or not isinstance(node.ctx, ast.Load):
            continue
        seen.add((owner, node.attr))
        info = ClassInfo(facts.unit, owner)
        definitions = facts.unit.attribute_binders(owner, node.attr)
        if definitions and _holds_layers(node.attr, info, definitions, facts):
            kinds = {k for t in held(info, node.attr, facts) for k in element_kinds(t)}
            yield PlainList(info, node.attr, definitions, "NoneType" in kinds)


def _holds_layers(
    name: str, info: ClassInfo, definitions: tuple[ast.AST, ...], facts: Facts
) -> bool:
    """Whether runs have shown lists of modules alone, or else the text makes such lists."""
    values = [d.value for d in definitions if isinstance(d, ast.Assign)]
    if any(_constructed(d, facts.unit) for d in definitions):
        return False  # a list of layers of torch's own already
    seen = held(info, name, facts)
    if seen:
        kinds = {k for t in seen for k in element_kinds(t)}
        modules = {k for k in kinds if "module" in facts.observed.classes.get(k, ())}
        lists = all(t.startswith("List[") for t in seen)
        return lists and bool(modules) and kinds <= modules | {"NoneType"}
    elements = [
        element
        for value in values
        for element in (
            [value.elt] if isinstance(value, ast.ListComp) else getattr(value, "elts", [None])
        )
    ]
    return bool(elements) and all(_is_layer(e, facts) for e in elements)


def element_kinds(type_: str) -> list[str]:
    """The types of a list's elements: "List[Union[A, B]]" has A and B."""
    inner = type_.removeprefix("List[").removesuffix("]")
    return arguments(inner) if inner.startswith("Union[") else [inner]


def _is_layer(node: ast.expr | None, facts: Facts) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = facts.unit.resolve(node.func) or ""
    return name.startswith("torch.nn.") and name.removeprefix("torch.nn.")[:1].isupper()


def _constructed(binder: ast.AST, unit: Unit) -> str | None:
    value = binder.value if isinstance(binder, ast.Assign) else None
    if not isinstance(value, ast.Call):
        return None
    module, _, kind = (unit.resolve(value.func) or "").rpartition(".")
    return kind if module in ("torch.nn", "torch.nn.modules.container") else None


def is_full_count(count: ast.expr, layers: ast.Attribute, facts: Facts) -> bool:
    """Whether `count` is the number of layers in `self.layers`, by what the text says."""
    if isinstance(count, ast.Call) and facts.unit.resolve(count.func) == "len" and count.args:
        counted = count.args[0]
        if isinstance(counted, ast.Attribute) and is_self_attribute(counted, layers.attr):
            return True
        return _same_count(counted, layers, facts)
    init = _init_of(layers, facts)
    made = _made_count(layers, facts)
    if init is None or made is None:
        return False
    return _settled(count, init, facts) == _settled(made, init, facts) is not None


def _same_count(other: ast.expr, layers: ast.Attribute, facts: Facts) -> bool:
    """Whether two lists of layers are filled with as many, of `len(self.other)`."""
    if not isinstance(other, ast.Attribute) or not is_self_attribute(other):
        return False
    made = _made_count(other, facts)
    return made is not None and is_full_count(made, layers, facts)


def _init_of(node: ast.AST, facts: Facts) -> FunctionNode | None:
    owner = facts.unit.class_of(node)
    return facts.unit.methods(owner).get("__init__") if owner is not None else None


def _made_count(layers: ast.Attribute, facts: Facts) -> ast.expr | None:
    """How many layers __init__ puts into `self.layers`, as an expression of its own."""
    init, value = _init_of(layers, facts), _only_value(layers.attr, layers, facts)
    if init is None or not isinstance(value, ast.Call) or value not in set(walk(init)):
        return None
    if _constructed(facts.unit.parents[value], facts.unit) not in LISTS or value.keywords:
        return None
    given = value.args[0] if len(value.args) == 1 else None
    if isinstance(given, ast.Starred):
        given = given.value
    elif value.args and _constructed(facts.unit.parents[value], facts.unit) == "Sequential":
        return None
    if given is None:
        return None if value.args else _appended(f"self.{layers.attr}", init, facts)
    if isinstance(given, ast.Name) and _is_fresh_list(given, init):
        return _appended(given.id, init, facts)
    return _counted(given, facts)


def _only_value(attribute: str, node: ast.AST, facts: Facts) -> ast.expr | None:
    """The value of the only assignment to an attribute in its class and all that share it."""
    owner = facts.unit.class_of(node)
    if owner is None:
        return None
    info = ClassInfo(facts.unit, owner)
    family = (info, *facts.project.bases(info), *facts.project.derived(info))
    found = [b for c in family for b in c.unit.attribute_binders(c.node, attribute)]
    only = found[0] if len(found) == 1 else None
    return only.value if isinstance(only, ast.Assign) and len(only.targets) == 1 else None


def _is_fresh_list(name: ast.Name, init: FunctionNode) -> bool:
    found = list(bindings(init, name.id))
    value = found[0].value if len(found) == 1 and isinstance(found[0], ast.Assign) else None
    empty_call = isinstance(value, ast.Call) and ast.unparse(value) == "list()"
    return empty_call or (isinstance(value, ast.List) and not value.elts)


def _appended(name: str, init: FunctionNode, facts: Facts) -> ast.expr | None:
    """The count of the one loop of __init__ that appends once a round to an empty list."""
    changing = [
        node
        for node in walk(init)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value) == name
        and node.attr in ("append", "extend", "insert", "pop", "add_module", "remove", "clear")
    ]
    if len(changing) != 1 or changing[0].attr != "append":
        return None
    statement = facts.unit.statement(changing[0])
    loop = facts.unit.parents[statement]
    if not isinstance(loop, ast.For) or statement not in loop.body or loop not in init.body:
        return None
    leaves = (ast.Break, ast.Continue, ast.Return)
    if any(isinstance(n, leaves) for n in walk(loop)):
        return None
    return _range_count(loop.iter, facts)


def _counted(made: ast.expr, facts: Facts) -> ast.expr | None:
    if isinstance(made, ast.ListComp | ast.GeneratorExp) and len(made.generators) == 1:
        generator = made.generators[0]
        return None if generator.ifs else _range_count(generator.iter, facts)
    if isinstance(made, ast.List) and not any(isinstance(e, ast.Starred) for e in made.elts):
        return ast.Constant(len(made.elts))
    return None


def _range_count(over: ast.expr, facts: Facts) -> ast.expr | None:
    plain = isinstance(over, ast.Call) and facts.unit.resolve(over.func) == "range"
    if plain and isinstance(over, ast.Call) and len(over.args) == 1 and not over.keywords:
        return over.args[0]
    return None


def _settled(count: ast.expr, init: FunctionNode, facts: Facts) -> str | None:
    """A count in terms of the parameters of __init__, "depth", or a literal; None for all else."""
    if literal_int(count) is not None:
        return str(literal_int(count))
    if isinstance(count, ast.Attribute) and is_self_attribute(count):
        value = _only_value(count.attr, init, facts)
        if value is None or value not in set(walk(init)) or isinstance(value, ast.Attribute):
            return None
        return _settled(value, init, facts)
    if not isinstance(count, ast.Name):
        return None
    inside = facts.unit.function_of(count) is init
    given = list(bindings(init, count.id))
    return count.id if inside and len(given) == 1 and isinstance(given[0], ast.arg) else None


def listed_layers(node: ast.Attribute, facts: Facts) -> list[Layer]:
    """The layers of torch.nn that `self.layers` is made with, for a comprehension the one that it
    makes; empty where that is not all that the text says of them."""
    containers = layers_of(node, facts)
    owner = facts.unit.class_of(node)
    if owner is None or len(containers) != 1 or containers[0].kind != "ModuleList":
        return []
    if len(containers[0].call.args) != 1 or _is_changed(node.attr, owner, facts):
        return []
    made = containers[0].call.args[0]
    elements = made.elts if isinstance(made, ast.List | ast.Tuple) else []
    if isinstance(made, ast.ListComp | ast.GeneratorExp):
        elements = [made.elt]
    found = [layer_of(element, facts) for element in elements]
    known = [layer for layer in found if layer is not None and layer.kind]
    return known if len(known) == len(found) else []


def _is_changed(attribute: str, owner: ast.ClassDef, facts: Facts) -> bool:
    """Whether the class may put other layers into `self.<attribute>`, or hand it to who may."""
    for read in walk(owner):
        if not is_self_attribute(read, attribute):
            continue
        parent = facts.unit.parents[read]
        if isinstance(parent, ast.Attribute):
            return True
        if isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load):
            return True
    return False
