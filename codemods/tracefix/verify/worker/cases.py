"""A subject's examples, as models and the inputs they are called with."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from types import MethodType, ModuleType
from typing import Any

import torch

from tracefix.examples import matching
from tracefix.model import Subject
from tracefix.verify.recipe import Recipe
from tracefix.verify.worker.inputs import FORWARD, Inputs
from tracefix.verify.worker.recipes import carried_out
from tracefix.verify.worker.seeds import FIRST, seed

_CALLS = ("__call__", "_wrapped_call_impl", "_call_impl")  # what a call of the module itself runs


class NoExample(Exception):
    """Nothing says how to run the subject."""


@dataclass(frozen=True)
class Case:
    """One model (or function) and the inputs that its example calls it, or a method of it, with."""

    model: Any
    inputs: tuple[Inputs, ...]


def cases(
    subject: Subject,
    module: ModuleType,
    found: Any,
    recipe: Recipe | None = None,
    seeded: int = FIRST,
) -> tuple[str, list[Case]]:
    """Where the example came from, and what it gives. Raises what the example raises."""
    for produce in matching(str(subject)):
        seed(seeded)
        yielded = list(_yielded(produce(found)))
        if yielded:
            return "user", _by_model(yielded)
    seed(seeded)
    if recipe is not None:
        model, inputs = carried_out(recipe, module, found)
        return recipe.origin, [Case(model, (inputs,))]
    return _obvious(module, found)


def _yielded(result: Any) -> Iterable[Any]:
    if result is None:
        return ()
    if inspect.isgenerator(result) or isinstance(result, list):
        return (item for item in result if item is not None)
    return (result,)


def _by_model(yielded: list[Any]) -> list[Case]:
    models: list[Any] = []
    calls: list[list[Inputs]] = []
    for item in yielded:
        model, inputs = _unpacked(item)
        alike = (
            n
            for n, other in enumerate(models)
            if other is model and calls[n][0].method == inputs.method
        )
        known = next(alike, None)
        if known is not None:
            calls[known].append(inputs)
        else:
            models.append(model)
            calls.append([inputs])
    return [Case(model, tuple(inputs)) for model, inputs in zip(models, calls, strict=True)]


def _unpacked(item: Any) -> tuple[Any, Inputs]:
    if not isinstance(item, tuple) or len(item) not in (2, 3) or not callable(item[0]):
        raise TypeError("an example gives (model, args) or (model, args, kwargs)")
    args = item[1] if isinstance(item[1], (tuple, list)) else (item[1],)
    kwargs = dict(item[2]) if len(item) == 3 else {}
    called, owner = item[0], getattr(item[0], "__self__", None)
    if isinstance(called, MethodType) and isinstance(owner, torch.nn.Module):
        return owner, Inputs(tuple(args), kwargs, _name(called, type(owner)))
    return called, Inputs(tuple(args), kwargs)


def _name(method: MethodType, owner: type) -> str:
    """The name of a method of its class's. A decorator may have left it another."""
    if method.__name__ in _CALLS:
        return FORWARD
    names = (method.__name__, *dir(owner))
    found = (n for n in names if getattr(owner, n, None) is method.__func__)
    return next(found, method.__name__)


def _obvious(module: ModuleType, found: Any) -> tuple[str, list[Case]]:
    if not (isinstance(found, type) and issubclass(found, torch.nn.Module)):
        raise NoExample("no example")
    get_inputs, get_init_inputs = (
        getattr(module, name, None) for name in ("get_inputs", "get_init_inputs")
    )
    if callable(get_inputs):
        model = _constructed(found, get_init_inputs() if callable(get_init_inputs) else [])
        return "found", [Case(model, (Inputs(tuple(get_inputs())),))]
    if _takes_nothing(found.__init__) and _takes_nothing(found.forward):
        return "made", [Case(found().eval(), (Inputs(()),))]
    raise NoExample("no example")


def _constructed(found: Any, given: Any) -> Any:
    if len(given) == 2 and isinstance(given[0], (list, tuple)) and isinstance(given[1], dict):
        return found(*given[0], **given[1])
    return found(**given) if isinstance(given, dict) else found(*given)


def _takes_nothing(method: Any) -> bool:
    try:
        parameters = list(inspect.signature(method).parameters.values())[1:]
    except (TypeError, ValueError):
        return False
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(p.default is not p.empty or p.kind in variable for p in parameters)
