"""Times the two forms that take the place of a list of steps against the list, side by side.

    python tests/bench/list_appends.py

One run of 64 steps of a 64-wide linear layer, forward alone and with backward. The three forms
take turns, so that what else the machine does meets all of them; the fastest turn of each counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

STEPS, WIDTH, BATCH = 64, 64, 8
TURNS, REPEATS = 60, 3
Form = Callable[[torch.nn.Linear, Tensor], Tensor]


def listed(linear: torch.nn.Linear, x: Tensor) -> Tensor:
    outs = []
    for t in range(x.size(1)):
        outs.append(linear(x[:, t, :]))
    return torch.stack(outs, dim=1)


def batched(linear: torch.nn.Linear, x: Tensor) -> Tensor:
    outs: Tensor = linear(x)
    if outs.size(1) == 0:
        raise RuntimeError("stack expects a non-empty TensorList")
    return outs


def preallocated(linear: torch.nn.Linear, x: Tensor) -> Tensor:
    outs: Tensor | None = None
    for t in range(x.size(1)):
        step = linear(x[:, t, :])
        if outs is None:
            outs = step.new_empty([*step.shape[:1], x.size(1), *step.shape[1:]])
        outs[:, t] = step
    if outs is None:
        raise RuntimeError("stack expects a non-empty TensorList")
    return outs


FORMS: Mapping[str, Form] = {"list": listed, "batched": batched, "preallocated": preallocated}


def forward(form: Form, linear: torch.nn.Linear, x: Tensor) -> None:
    with torch.no_grad():
        form(linear, x)


def with_backward(form: Form, linear: torch.nn.Linear, x: Tensor) -> None:
    linear.zero_grad()
    form(linear, x).sum().backward()


def fastest(run: Callable[[Form, torch.nn.Linear, Tensor], None]) -> Mapping[str, float]:
    """The seconds of each form's fastest turn."""
    torch.manual_seed(0)
    linear, x = torch.nn.Linear(WIDTH, WIDTH), torch.rand(BATCH, STEPS, WIDTH)
    best = dict.fromkeys(FORMS, float("inf"))
    for _ in range(TURNS):
        for name, form in FORMS.items():
            start = time.perf_counter()
            for _ in range(REPEATS):
                run(form, linear, x)
            best[name] = min(best[name], (time.perf_counter() - start) / REPEATS)
    return best


def main() -> None:
    torch.set_num_threads(1)
    for title, run in (("forward", forward), ("with backward", with_backward)):
        best = fastest(run)
        print(f"{title}: the list takes {best['list'] * 1e3:.2f} ms")
        for name in ("batched", "preallocated"):
            print(f"  {name:13} {best[name] / best['list']:.2f} of it")


if __name__ == "__main__":
    main()
