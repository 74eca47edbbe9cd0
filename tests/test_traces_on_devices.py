"""A trace that was recorded on the CPU, on another device: on a GPU where there is one.

The proof of every fixture runs on the meta device, which has no values. Here they are compared.
"""

from __future__ import annotations

import io
import runpy
import warnings
from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_map

from fixture_cases import Case, cases

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
RULES = frozenset(
    {"cuda-call", "device-literal", "device-of-input", "is-cuda-choice", "tensor-made-on-cpu"}
)
MOVING = [
    case
    for case in cases()
    if case.after is not None
    and (case.slug in RULES or case.id == "whole/mixed_devices")
    and case.spec["trace"][1] == "pass"
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", MOVING, ids=lambda case: case.id)
def test_a_trace_gives_the_same_on_another_device(case: Case, device: str) -> None:
    names = runpy.run_path(str(case.folder / "after.py"), run_name="moved")
    names["torch"] = torch
    torch.manual_seed(0)
    model = eval(case.spec["model"], names).eval()
    inputs = eval(f"({case.spec['inputs']},)", names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(model, inputs, check_trace=False, strict=False)  # type: ignore[no-untyped-call]
        stream = io.BytesIO()
        torch.jit.save(traced, stream)
        stream.seek(0)
        loaded = torch.jit.load(stream, map_location=device)  # type: ignore[no-untyped-call]
    torch.manual_seed(1)  # of all devices
    given = loaded(*_moved(inputs, device))
    torch.manual_seed(1)
    torch.testing.assert_close(given, model.to(device)(*_moved(inputs, device)))


def _moved(values: Any, device: str) -> Any:
    return tree_map(lambda v: v.to(device) if isinstance(v, torch.Tensor) else v, values)
