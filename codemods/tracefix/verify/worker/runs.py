"""A model's runs on the example and on inputs made of it, written down."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch

from tracefix.verify.hints import Threshold
from tracefix.verify.worker.budget import Budget
from tracefix.verify.worker.cases import Case
from tracefix.verify.worker.crossing import either_side
from tracefix.verify.worker.inputs import FORWARD, Inputs, others
from tracefix.verify.worker.instances import Prototype
from tracefix.verify.worker.patience import TooLong, at_most
from tracefix.verify.worker.seeds import FIRST, OTHERS, seed, states
from tracefix.verify.worker.shared import Shared
from tracefix.verify.worker.snapshot import Node, snapshot
from tracefix.verify.worker.widths import checked_widths

EXAMPLE = "the example"
_CALLS = 3  # on one instance: the second and third see the state that the first left
_AFTER = frozenset({"scaled values"})  # of others(): what meets the state that the example left


@dataclass(frozen=True)
class Run:
    """What one call gave, and what it left behind."""

    output: Node | None
    raised: tuple[str, ...]  # the exception's classes, the most derived first
    inputs: Node
    generators: dict[str, str]
    error: Exception | None = field(default=None, compare=False)

    def plain(self, shared: Shared) -> dict[str, Any]:
        """What can be saved of it."""
        return {
            "output": None if self.output is None else shared.node(self.output),
            "raised": self.raised,
            "inputs": shared.node(self.inputs),
            "generators": self.generators,
        }


@dataclass(frozen=True)
class Trial:
    """Calls of one instance with the same inputs, or one call that follows one of the example."""

    case: int
    name: str
    inputs: Inputs
    calls: int
    seeded: int = FIRST
    after: Inputs | None = None  # the first call's: what it left is then met by other values

    @property
    def draws(self) -> bool:
        """Whether it is of use only to a model that draws random numbers."""
        return self.seeded != FIRST

    @property
    def example(self) -> str:
        """Which example it is made of, for a reader; "" for the first of forward."""
        return f" of {self._example}" if self.case else self._method

    @property
    def _example(self) -> str:
        return f"example {self.case + 1}{self._method}" if self.case else EXAMPLE + self._method

    @property
    def _method(self) -> str:
        return "" if self.inputs.method == FORWARD else f" for {self.inputs.method}"

    @property
    def _about(self) -> str:
        return self._example if self.name == EXAMPLE else f"{self.name}{self.example}"

    def given(self, call: int) -> Inputs:
        """What a call is made with, the first being 0."""
        return self.after if self.after is not None and call == 0 else self.inputs

    def is_taken(self, recorded: Mapping[str, Any]) -> bool:
        """Whether the original takes its inputs, by what was recorded of it."""
        calls = recorded["calls"][0 if self.after is None else 1 :]
        return bool(calls) and calls[0]["output"] is not None

    def label(self, call: int) -> str:
        """Which call it was, for a reader."""
        if self.after is not None:
            return self.title if call else self._example
        return self._about + (f", call {call + 1}" if call else "")

    @property
    def title(self) -> str:
        """All of its calls, for a reader."""
        if self.after is not None:
            return f"{self._about} after the example"
        return self._about + (f", {self.calls} calls" if self.calls > 1 else "")


@dataclass(frozen=True)
class Begun:
    """The first call of an example, made before the recording."""

    model: Any
    run: Run
    seconds: float


def call(model: Callable[..., Any], given: Inputs, seeded: int = FIRST) -> Run:
    """Call `model` with a copy of the inputs, the generators seeded."""
    inputs, output, error = given.copy(), None, None
    seed(seeded)
    try:
        with checked_widths(model):
            output = snapshot(inputs.called(model)(*inputs.args, **inputs.kwargs))
    except Exception as raised:
        error = raised
    after = states()
    changed = snapshot((inputs.args, dict(inputs.kwargs)))
    return Run(output, _classes(error), changed, after, error)


def drawn(run: Run) -> bool:
    """Whether a call drew from a generator of random numbers."""
    seed()
    return run.generators != states()


def _classes(error: Exception | None) -> tuple[str, ...]:
    if error is None:
        return ()
    return tuple(c.__qualname__ for c in type(error).__mro__ if issubclass(c, Exception))


def trials(
    cases: list[Case], fresh: list[Case], thresholds: tuple[Threshold, ...] = ()
) -> Iterator[Trial]:
    """The example, three times; its further inputs; fresh ones; and those made of it.

    Some follow a call with the example: an average of equal values shows no history.
    """
    for number, case in enumerate(cases):
        first = case.inputs[0]
        yield Trial(number, EXAMPLE, first, _CALLS)
        for n, inputs in enumerate(case.inputs[1:], 2):
            yield Trial(number, f"the example's input {n}", inputs, 1)
        if number < len(fresh):
            yield Trial(number, "fresh inputs", fresh[number].inputs[0], 2, after=first)
        for n, other in enumerate(OTHERS, 1):
            yield Trial(number, f"other random draws {n}", first, 1, other)
        for name, inputs in (*either_side(first, case.model, thresholds), *others(first)):
            follows = name in _AFTER
            yield Trial(number, name, inputs, 1 + follows, after=first if follows else None)


def record(
    prototypes: list[Prototype],
    planned: list[Trial],
    patience: float,
    other_mode: bool = False,
    *,
    begun: Mapping[int, Begun] = MappingProxyType({}),
    thorough: bool = True,
) -> list[dict[str, Any]]:
    """What every trial gave. `begun` has each case's first call, if it was made already.

    Trials beyond the examples (and, if not `thorough`, an example's second call and third) come
    only while `patience` (seconds) and room in memory last. They are given up where they take much
    longer than the example: a loop may never end on them.
    """
    recorded, shared, drawing = [], Shared(), set[int]()
    budget = Budget(patience, shared, thorough)
    for earlier in begun.values():
        budget.spent(earlier.seconds)
    for trial in planned:
        if trial.draws and trial.case not in drawing:
            continue
        allowed = budget.seconds(trial.name == EXAMPLE)
        if not allowed:
            continue
        first = begun.get(trial.case) if trial.name == EXAMPLE else None
        model = first.model if first else prototypes[trial.case].instance(other_mode)
        with contextlib.suppress(TooLong), at_most(allowed):
            calls = [first.run if first else call(model, trial.given(0), trial.seeded)]
            if trial.name == EXAMPLE and drawn(calls[0]):
                drawing.add(trial.case)
            while len(calls) < trial.calls and budget.once_more():
                calls.append(call(model, trial.given(len(calls))))
            recorded.append(
                {
                    "case": trial.case,
                    "name": trial.name,
                    "calls": [run.plain(shared) for run in calls],
                    "state": shared.node(state(model)),
                }
            )
        budget.ran(trial.name == EXAMPLE)
    return recorded


def state(model: Any) -> Node:
    """The state_dict of a module; a function has none."""
    return snapshot(dict(model.state_dict()) if isinstance(model, torch.nn.Module) else {})
