"""An exception as an Outcome."""

from __future__ import annotations

import torch

from tracefix.model import Outcome
from tracefix.verify.worker.places import Places, without_snippets

_TORCHS_OWN = ("NotSupportedError", "UnsupportedNodeError", "FrontendError", "Error")
_MEMORY = ("can't allocate memory", "Cannot allocate memory", "std::bad_alloc")
_CUDA = (
    "Torch not compiled with CUDA enabled",
    "No CUDA GPUs are available",
    "Found no NVIDIA driver",
    "torch.cuda.is_available() is False",
    "type torch.cuda.",
    "Attempting to deserialize object on a CUDA device",
    "requires CUDA",
    "no CUDA-capable device",
    "'torch.cuda.",
    "backend: CUDA",
    "'CUDA' backend",
    "PyTorch is not linked with support for cuda devices",
)


def outcome(stage: str, error: BaseException, places: Places) -> Outcome:
    """What `error` says at `stage`, without the noise, and where it was."""
    text = str(error)
    if isinstance(error, MemoryError) or any(mark in text for mark in _MEMORY):
        return Outcome(stage, False, "out of memory", places.of_traceback(error.__traceback__))
    if isinstance(error, SyntaxError) and not is_torchs(error):
        return Outcome(stage, False, f"SyntaxError: {error.msg}", places.of_syntax_error(error))
    found = places.of_message(text) or places.of_traceback(error.__traceback__)
    return Outcome(stage, False, _message(error, text), found)


def is_torchs(error: BaseException) -> bool:
    """Whether the type of `error` says no more than that torch raised it."""
    name = type(error).__name__
    return type(error) is RuntimeError or name in _TORCHS_OWN


def wants_cuda(error: BaseException) -> bool:
    """Whether `error` is that there is no CUDA here."""
    return not torch.cuda.is_available() and any(mark in str(error) for mark in _CUDA)


def _message(error: BaseException, text: str) -> str:
    text = without_snippets(text).strip()
    first, newline, rest = text.partition("\n")
    text = first.rstrip().removesuffix(":") + newline + rest
    if is_torchs(error):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
