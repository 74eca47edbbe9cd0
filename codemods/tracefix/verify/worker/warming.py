"""What torch does at its first use alone, done once in the process that all others are forks of.

Nothing here may leave a trace that user code could see. So the JIT is given a plain function
of operators: for a layer of torch.nn, or a function of torch.nn.functional, it keeps what it has
compiled, and would use that where a project replaces a method of theirs.
"""

from __future__ import annotations

import ctypes  # noqa: F401  # each fork would load it
import functools
import io

import torch


@functools.cache
def warm() -> None:
    """Have torch load what it needs for the meta device, for files, and for TorchScript."""
    _meta()
    _files()
    _graphs()


def _meta() -> None:
    one = torch.empty(1, 1, device="meta")
    torch.nn.functional.linear(one, one).mul(2)


def _files() -> None:
    stream = io.BytesIO()
    torch.save({"one": torch.ones(1)}, stream)
    stream.seek(0)
    torch.load(stream, weights_only=False)


def _graphs() -> None:
    """The first graph that runs has torch read the schemas of all operators."""
    one = torch.ones(1, requires_grad=True)
    traced = torch.jit.trace(_doubled, (one,), check_trace=False)  # type: ignore[no-untyped-call]
    stream = io.BytesIO()
    torch.jit.save(traced, stream)
    stream.seek(0)
    loaded = torch.jit.load(stream)  # type: ignore[no-untyped-call]
    for _ in range(3):  # it is profiled, then compiled, then runs
        loaded(one)


def _doubled(one: torch.Tensor) -> torch.Tensor:
    return (one * 2).relu().sum()
