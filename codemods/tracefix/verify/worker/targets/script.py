"""torch.jit.script."""

from __future__ import annotations

from typing import Any

import torch

from tracefix.verify.worker.inputs import Inputs
from tracefix.verify.worker.targets.saved import Captured


def capture(model: Any, _: Inputs) -> Captured:
    """`model` compiled. Raises what torch does."""
    return Captured(torch.jit.script(model), model)
