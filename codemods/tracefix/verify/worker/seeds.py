"""The generators of random numbers: set to a seed, and what state they are in."""

from __future__ import annotations

import hashlib
import pickle
import random
import sys
from typing import Any

import torch

FIRST, FRESH = 1337, 7
OTHERS = (11, 2, 29)  # with them a draw falls otherwise, and so what it decides


def seed(value: int = FIRST) -> None:
    """Seed Python, torch, and numpy where it is loaded."""
    random.seed(value)
    if torch.cuda.is_available():
        torch.manual_seed(value)
    else:  # the same for the CPU, without a look at every other kind of device
        torch.default_generator.manual_seed(value)
    numpy_random = _numpy_random()
    if numpy_random is not None:
        numpy_random.seed(value)


def states() -> dict[str, str]:
    """A digest of each generator's state."""
    found = {
        "torch": bytes(torch.get_rng_state().tolist()),
        "python": pickle.dumps(random.getstate()),
    }
    numpy_random = _numpy_random()
    if numpy_random is not None:
        found["numpy"] = pickle.dumps(numpy_random.get_state())
    return {name: hashlib.sha256(state).hexdigest() for name, state in found.items()}


def _numpy_random() -> Any:
    numpy_random = sys.modules.get("numpy.random")
    return numpy_random if hasattr(numpy_random, "get_state") else None
