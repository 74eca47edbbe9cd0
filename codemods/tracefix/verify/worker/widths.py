"""Packed sequences that are as wide as a recurrent layer takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence


@contextmanager
def checked_widths(model: Any) -> Iterator[None]:
    """While it lasts, a model's recurrent layers refuse packed sequences of another width.

    Given first states with them, torch does not look, and computes with memory that is not theirs.
    """
    modules = model.modules() if isinstance(model, torch.nn.Module) else ()
    layers = [module for module in modules if isinstance(module, torch.nn.RNNBase)]
    hooks = [layer.register_forward_pre_hook(_check) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _check(layer: torch.nn.RNNBase, given: tuple[Any, ...]) -> None:
    """Raises what the layer itself raises for sequences that are not packed."""
    packed = given[0] if given else None
    if isinstance(packed, PackedSequence) and packed.data.shape[-1] != layer.input_size:
        raise RuntimeError(
            "input.size(-1) must be equal to input_size. "
            f"Expected {layer.input_size}, got {packed.data.shape[-1]}"
        )
