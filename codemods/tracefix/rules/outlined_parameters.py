"""The parameters of a function that statements move into, and what its calls give for them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One of a function's parameters: a method's own, or an attribute below self."""

    name: str
    path: str | None  # "step.weight"; None for one of the method's
    type_: str
    given: str | None = None  # what a call gives for it, where that is something else
    missing: str | None = None  # "step" or "step.weight", which some instances lack


@dataclass(frozen=True)
class BodyFunction:
    """The function that has a method's body."""

    name: str
    parameters: tuple[Parameter, ...]


def argument(parameter: Parameter) -> str:
    """What a method gives for a parameter: a variable, `self.layers[0].weight`, or that of all."""
    if parameter.given is not None:
        return parameter.given
    if parameter.path is None:
        return parameter.name
    if ".*." in parameter.path:
        layers, _, attribute = parameter.path.partition(".*.")
        value = f"[layer.{attribute} for layer in self.{layers}]"
    else:
        value = re.sub(r"\.(\d+)", r"[\1]", f"self.{parameter.path}")
    if parameter.missing is None:
        return value
    owner, _, name = f"self.{parameter.missing}".rpartition(".")
    if parameter.missing == parameter.path:
        return f'getattr({owner}, "{name}", None)'
    return f'{value} if hasattr({owner}, "{name}") else None'


def path_of(node: ast.expr) -> str | None:
    """ "layers.0.weight" for `self.layers[0].weight`; None for a variable."""
    text = ast.unparse(node)
    below = text.removeprefix("self.")
    return re.sub(r"\[(\d+)\]", r".\1", below) if below != text else None
