"""The parameters that a module has, in the order in which `self.parameters()` gives them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo
from tracefix.facts.tree import walk

if TYPE_CHECKING:
    from tracefix.facts import Facts

_PARAMETER = ("torch.nn.Parameter", "torch.nn.parameter.Parameter")
# Layers with a weight and a bias, which is None where it was not wanted, and nothing else.
_WEIGHT_AND_BIAS = frozenset(
    f"torch.nn.{name}"
    for name in (
        "Linear", "Conv1d", "Conv2d", "Conv3d",
        "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    )
)  # fmt: skip


@dataclass(frozen=True)
class OwnParameter:
    """An attribute of self that is a parameter, and whether some instance has None there."""

    name: str
    may_be_none: bool = False


def own_parameters(info: ClassInfo, facts: Facts) -> tuple[OwnParameter, ...] | None:
    """All that `self.parameters()` gives in a class; None where the text does not tell.

    Told are a class made of parameters alone, and one derived from a layer of torch.nn that adds
    nothing to it. A class that others derive from may have more.
    """
    if any(facts.project.derived(info)) or len(info.node.bases) != 1:
        return None
    base = info.unit.resolve(info.node.bases[0])
    if base in _WEIGHT_AND_BIAS:
        plain = not _registers(info)
        return (OwnParameter("weight"), OwnParameter("bias", True)) if plain else None
    if base != "torch.nn.Module" or "__init__" not in info.methods:
        return None
    return _assigned_parameters(info)


def _assigned_parameters(info: ClassInfo) -> tuple[OwnParameter, ...] | None:
    """The parameters that the statements of __init__ assign, where they register nothing else."""
    found: list[OwnParameter] = []
    for statement in info.methods["__init__"].body:
        if is_parameter(statement, info):
            assert isinstance(statement, ast.Assign)
            target = statement.targets[0]
            assert isinstance(target, ast.Attribute)
            found.append(OwnParameter(target.attr))
        elif _registers(info, statement):
            return None
    later = (m for name, m in info.methods.items() if name != "__init__")
    return None if any(_registers(info, m) for m in later) else tuple(found)


def is_parameter(statement: ast.stmt, info: ClassInfo) -> bool:
    """Whether a statement is `self.weight = nn.Parameter(...)`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target, value = statement.targets[0], statement.value
    on_self = isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"
    return on_self and isinstance(value, ast.Call) and info.unit.resolve(value.func) in _PARAMETER


def _registers(info: ClassInfo, within: ast.AST | None = None) -> bool:
    """Whether something may be given to self that is a parameter, or has some."""
    for node in walk(within or info.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("register_parameter", "add_module", "register_module"):
                return True
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            # A name may stand for a layer.
            if not isinstance(getattr(info.unit.statement(node), "value", None), ast.Constant):
                return True
    return False
