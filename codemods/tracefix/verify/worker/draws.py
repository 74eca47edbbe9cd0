"""Random numbers that torch's generator draws where Python's or numpy's would.

What code draws from torch instead of there are other numbers of the same distribution. With this
the original draws them too, so that the two can be compared value by value.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

Draw = Callable[..., Any]


def redirect() -> None:
    """For the rest of this process, and before the user's code is imported: it may keep a name."""
    for name, draw in _PYTHON.items():
        setattr(random, name, _Redirected(getattr(random, name), draw))
    if importlib.util.find_spec("numpy") is None:
        return
    numpy_random = importlib.import_module("numpy.random")
    for name, draw in _NUMPY.items():
        setattr(numpy_random, name, _Redirected(getattr(numpy_random, name), draw))


@dataclass(frozen=True)
class _Redirected:
    """Draws a number; as the original did where `draw` has no such parameters, as for a size.

    No function, which TorchScript would try to compile.
    """

    original: Draw
    draw: Draw

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.draw(*args, **kwargs).item()
        except TypeError:
            return self.original(*args, **kwargs)


def _random() -> torch.Tensor:
    return torch.rand(())


def _uniform(low: float, high: float) -> torch.Tensor:
    return torch.empty(()).uniform_(low, high)


def _normal(mean: float, deviation: float) -> torch.Tensor:
    return torch.empty(()).normal_(mean, deviation)


def _to_inclusive(low: int, high: int) -> torch.Tensor:
    return torch.randint(low, high + 1, ())


def _below(low: int, high: int | None = None) -> torch.Tensor:
    return torch.randint(low, ()) if high is None else torch.randint(low, high, ())


_PYTHON: dict[str, Draw] = {
    "random": _random,
    "uniform": _uniform,
    "gauss": _normal,
    "normalvariate": _normal,
    "randint": _to_inclusive,
    "randrange": _below,
}
_NUMPY: dict[str, Draw] = {
    "rand": _random,
    "random": _random,
    "random_sample": _random,
    "uniform": _uniform,
    "normal": _normal,
    "randint": _below,
}
