"""The method that looks for a layer by its index or key, as `layer-by-index` writes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.layer_lists import LISTS
from tracefix.facts.layer_picks import Pick, is_fixed
from tracefix.facts.nonnegative import is_nonnegative
from tracefix.facts.spelling import imports_for
from tracefix.model import Refusal
from tracefix.rules.handed_arguments import Parameter, handed_on, parameters_for


@dataclass(frozen=True)
class PickingMethod:
    """Its name, its definition, and the imports that its types need."""

    name: str
    text: str  # a template without holes
    imports: tuple[str, ...]

    def variable_keys(self, pick: Pick) -> list[ast.expr]:
        """The indices that a call hands over."""
        return [key for key in pick.keys if not is_fixed(key)]


def picking_method(group: Sequence[Pick], facts: Facts) -> PickingMethod | Refusal:
    """One method for picks of the same shape, or why there is none."""
    first = group[0]
    if facts.unit.class_of(first.use) is None:
        return Refusal("the layer is picked outside of a class")
    for pick in group:
        if any(facts.types.is_tensor(key) for key in pick.keys):
            return Refusal("the index is a tensor")
        if pick.kind == "ParameterList" and not is_nonnegative(pick.keys[0], facts):
            return Refusal("the index may be negative, and TorchScript counts no parameters")
        call = pick.call
        if call and any(isinstance(a, ast.Starred) for a in call.args):
            return Refusal("the layer is called with starred arguments")
        if call and any(k.arg is None for k in call.keywords):
            return Refusal("the layer is called with starred arguments")
    arguments = _arguments(group, facts)
    if isinstance(arguments, Refusal):
        return arguments
    keys = _keys(first)
    stem = f"{first.layers.attr.strip('_')}{first.member.replace('.', '_')}"
    name = facts.fresh(f"_{stem}_{'of' if first.kind == 'ModuleDict' else 'at'}")
    signature = ", ".join(["self", *map(str, keys), *map(str, arguments)])
    body = "\n".join(_search(group, [k.name for k in keys], arguments, facts))
    types = [p.type_ for p in arguments if p.type_ is not None]
    text = f"def {name}({signature}):\n{body}\n"
    return PickingMethod(name, text, imports_for(types, facts.unit))


def _keys(pick: Pick) -> list[Parameter]:
    """A parameter for each index that is no literal."""
    found: list[Parameter] = []
    for level, key in enumerate(pick.keys):
        if not is_fixed(key):
            named = pick.kind == "ModuleDict" and level == 0
            name = "key" if named else "index"
            name = f"{name}_{len(found) + 1}" if found else name
            found.append(Parameter(name, "str" if named else "int"))
    return found


def _arguments(group: Sequence[Pick], facts: Facts) -> list[Parameter] | Refusal:
    if group[0].call is None:
        return []
    taken = {"self", "name", "position", "layer", "layers", *(k.name for k in _keys(group[0]))}
    return parameters_for([pick.call for pick in group if pick.call], taken, facts)


def _search(
    group: Sequence[Pick], keys: list[str], arguments: list[Parameter], facts: Facts
) -> Iterator[str]:
    """The lines of the method's body."""
    first = group[0]
    left, indent, current = list(keys), "    ", ast.unparse(first.layers)
    for level, fixed in enumerate(first.keys):
        if is_fixed(fixed):
            current = f"{current}[{ast.unparse(fixed)}]"
            continue
        last = all(is_fixed(k) for k in first.keys[level + 1 :])
        key, item = left.pop(0), _item(first) if last else "layers"
        position = "position" if level == 0 else f"position_{level + 1}"
        if first.kind == "ModuleDict" and level == 0:
            yield f"{indent}for name, {item} in {current}.items():"
            test = f"name == {key}"
        else:
            yield f"{indent}for {position}, {item} in enumerate({current}):"
            test = f"{position} == {key}"
            if not all(is_nonnegative(pick.keys[level], facts) for pick in group):
                test = f"{test} or {position} - len({current}) == {key}"
        yield f"{indent}    if {test}:"
        indent, current = f"{indent}        ", item
    yield f"{indent}return {_use(first, current, arguments)}"
    yield f"    raise {_error(first, keys[0])}"


def _item(pick: Pick) -> str:
    return "parameter" if pick.kind == "ParameterList" else "layer"


def _use(pick: Pick, layer: str, arguments: list[Parameter]) -> str:
    call = pick.call
    if call is None:
        return f"{layer}{pick.member}"
    return f"{layer}{pick.member}({', '.join(handed_on(call, arguments))})"


def _error(pick: Pick, key: str) -> str:
    """What the container itself raises."""
    if pick.kind not in LISTS:
        return f"KeyError({key})"
    return f'IndexError(f"index {{{{{key}}}}} is out of range")'
