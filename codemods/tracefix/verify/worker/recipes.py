"""A recipe carried out: its expressions become a model and its inputs."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import torch

from tracefix.verify.recipe import Argument, Recipe
from tracefix.verify.worker.inputs import Inputs


class Settings(dict[str, Any]):
    """A dict whose keys read as attributes."""

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(f"no setting {name!r}", name=name, obj=self)


def names_for(module: ModuleType) -> dict[str, Any]:
    """What the expressions of a recipe may name."""
    return {
        "torch": torch,
        "SimpleNamespace": SimpleNamespace,
        "Settings": Settings,
        "module": module,
    }


def carried_out(recipe: Recipe, module: ModuleType, found: Any) -> tuple[Any, Inputs]:
    """The model in eval mode, and its inputs. Raises what they raise."""
    names = names_for(module)
    args, kwargs = evaluated(recipe.construct, names)
    model = found(*args, **kwargs)
    if isinstance(model, torch.nn.Module):
        model.eval()
    args, kwargs = evaluated(recipe.inputs, names)
    return model, Inputs(tuple(args), kwargs)


def evaluated(
    arguments: tuple[Argument, ...], names: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Arguments by position and by name."""
    args = [eval(each.text, names) for each in arguments if not each.by_name]
    return args, {each.name: eval(each.text, names) for each in arguments if each.by_name}
