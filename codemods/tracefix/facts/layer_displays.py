"""Layers that a function lists to go through them: `for layer in [self.conv1, self.conv2]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.instances import held
from tracefix.facts.layer_walks import Walk, walks
from tracefix.facts.layers import layers_of
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

Display = ast.List | ast.Tuple


@dataclass(frozen=True, eq=False)
class LayerDisplay:
    """A display of layers that a loop or comprehension goes through."""

    walk: Walk
    display: Display
    target: ast.expr  # what each of the layers goes to

    def reads(self) -> list[ast.Name]:
        """Where the loop reads the layer."""
        name = self.target.id if isinstance(self.target, ast.Name) else ""
        inside = (n for part in self.walk.body for n in walk(part))
        return [n for n in inside if isinstance(n, ast.Name) and n.id == name]


def layer_displays(facts: Facts) -> Iterator[LayerDisplay]:
    """The displays of layers alone that forward goes through, also by a name of their own."""
    for found in walks(facts):
        for target, sequence in found.pairs:
            display = display_in(sequence, facts)
            if display is not None:
                yield LayerDisplay(found, display, target)


def display_in(sequence: ast.expr, facts: Facts) -> Display | None:
    """The display of layers that a loop's sequence is, or the name of nothing else."""
    display: ast.AST = sequence
    if isinstance(sequence, ast.Name):
        function = facts.unit.function_of(sequence)
        given = facts.flow(function).reads.get(sequence, frozenset()) if function else frozenset()
        only = next(iter(given)) if len(given) == 1 else None
        holder = facts.unit.parents.get(only) if only is not None else None
        if function is None or only is None or not isinstance(holder, ast.Assign):
            return None
        if len(holder.targets) != 1 or holder.targets[0] is not only:
            return None
        if facts.flow(function).readers(only) != [sequence]:
            return None
        display = holder.value
    if not isinstance(display, Display) or not display.elts:
        return None
    return display if all(is_layer(e, facts) for e in display.elts) else None


def is_layer(node: ast.expr, facts: Facts) -> bool:
    """Whether `self.name` is a layer in every instance: as runs have shown, or as the text says."""
    owner = facts.unit.class_of(node)
    if owner is None or not isinstance(node, ast.Attribute) or not is_self_attribute(node):
        return False
    seen = held(ClassInfo(facts.unit, owner), node.attr, facts)
    if seen:
        return all("module" in facts.observed.classes.get(kind, ()) for kind in seen)
    made = layers_of(node, facts)
    known = (facts.project.find_class(facts.unit, layer.call.func) for layer in made)
    return bool(made) and all(
        layer.kind or (info is not None and facts.project.is_module(info))
        for layer, info in zip(made, known, strict=True)
    )
