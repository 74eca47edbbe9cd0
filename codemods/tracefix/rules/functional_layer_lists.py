"""Layers in a list: a loop over them as one over their parameters, and each by its index.

`for layer in self.layers: x = layer(x)` is, with `weights` for `[layer.weight for layer in
self.layers]`, `for layer_weight in weights: x = F.linear(x, layer_weight)`.
"""

from __future__ import annotations

import ast

from tracefix.facts import Facts
from tracefix.facts.layer_lists import listed_layers
from tracefix.facts.regions import Stays
from tracefix.facts.tree import walk
from tracefix.rewrite.change import Edit, Hole, replace
from tracefix.rules.functional_layers import Ask, functional_call


def list_of(loop: ast.For, facts: Facts) -> ast.Attribute | None:
    """`self.layers` of a loop over it, or over enumerate() of it."""
    over = loop.iter
    if isinstance(over, ast.Call) and facts.unit.resolve(over.func) == "enumerate":
        over = over.args[0] if len(over.args) == 1 and not over.keywords else over
    return over if isinstance(over, ast.Attribute) and listed_layers(over, facts) else None


def loop_edits(loop: ast.For, functional: str, ask: Ask, facts: Facts) -> list[Edit]:
    """What makes a loop over layers one over their parameters. Raises Stays.

    `ask` gives the parameter with an attribute of all layers, such as "layers.*.weight".
    """
    layers = list_of(loop, facts)
    assert layers is not None
    target = loop.target if layers is loop.iter else _second(loop.target)
    if not isinstance(target, ast.Name):
        raise Stays(f"the layers of {ast.unparse(layers)} are not named one by one")
    names: dict[str, str] = {}
    edits: list[Edit] = []

    def named(attribute: str, type_: str) -> str:
        if type_ != "Tensor":
            raise Stays(f"the layers of {ast.unparse(layers)} may differ in {attribute}")
        if attribute not in names:
            names[attribute] = facts.fresh(f"{target.id}_{attribute}")
        return names[attribute]

    for call in _calls(target, loop, facts):
        if call.keywords or any(isinstance(a, ast.Starred) for a in call.args):
            raise Stays(f"it calls {target.id} with keywords or stars")
        holes: dict[str, Hole] = {f"input{n}": a for n, a in enumerate(call.args)}
        inputs = [f"{{{hole}}}" for hole in holes]
        found = listed_layers(layers, facts)
        forms = {functional_call(layer, inputs, functional, named) for layer in found}
        if len(forms) != 1:
            raise Stays(f"the layers of {ast.unparse(layers)} differ")
        edits.append(replace(call, forms.pop(), **holes))
    if not names:
        raise Stays(f"the layers of {ast.unparse(layers)} have no parameters to go through")
    lists = [ask(f"{layers.attr}.*.{attribute}", "List[Tensor]") for attribute in names]
    single = len(names) == 1
    parts = ", ".join(names.values())
    parts = parts if single or target is loop.target else f"({parts})"
    over = lists[0] if single else f"zip({', '.join(lists)})"
    return [*edits, replace(target, parts), replace(layers, over)]


def _second(target: ast.expr) -> ast.expr | None:
    return target.elts[1] if isinstance(target, ast.Tuple) and len(target.elts) == 2 else None


def _calls(target: ast.Name, loop: ast.For, facts: Facts) -> list[ast.Call]:
    """The calls of a loop's layer. Raises Stays where it is used in any other way."""
    inside = set(walk(loop))
    found = []
    flow = facts.flow_at(loop)
    for node in flow.readers(target):
        call = facts.unit.parents[node]
        called = isinstance(call, ast.Call) and call.func is node and node in inside
        if not called or flow.reads[node] != {target}:
            raise Stays(f"{target.id} is more than called")
        assert isinstance(call, ast.Call)
        found.append(call)
    return found
