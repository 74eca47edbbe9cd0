"""Fresh instances of a model, so that one run's state is not the next one's."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from tracefix.verify.worker.cases import Case


@dataclass(frozen=True)
class Prototype:
    """A case that is never run itself: only copies of it are."""

    case: Case
    rebuild: Callable[[], Case]

    def instance(self, other_mode: bool = False) -> Any:
        """A model in the state that the example left it in, or in the other of train and eval."""
        made = self._copy()
        if other_mode and isinstance(made, torch.nn.Module):
            made.train(not made.training)
        return made

    def _copy(self) -> Any:
        if not isinstance(self.case.model, torch.nn.Module):
            return self.case.model
        try:
            return copy.deepcopy(self.case.model)
        except Exception:  # a module may hold anything, and much of it cannot be copied
            return self.rebuild().model
