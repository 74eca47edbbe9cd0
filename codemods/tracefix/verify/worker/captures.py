"""A target's form of a model, held against what the original gave in eager mode."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch.jit._trace import TracerWarning

from tracefix.model import PASSED, Outcome, Target
from tracefix.verify.protocol import Warned
from tracefix.verify.worker import errors, meta
from tracefix.verify.worker.compare import Comparison
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.runs import EXAMPLE, Trial, call
from tracefix.verify.worker.snapshot import Node
from tracefix.verify.worker.targets import script, trace
from tracefix.verify.worker.targets.saved import Captured

_CAPTURE = {Target.SCRIPT: script.capture, Target.TRACE: trace.capture}


@dataclass(frozen=True)
class Checker:
    """Captures models for one target, and runs what comes of it."""

    target: Target
    places: Places
    comparison: Comparison
    patience: float  # seconds for the trials beyond the example
    thorough: bool  # all of the model goes through a file, and every call of the example is made

    def check(
        self,
        model: Any,
        planned: list[Trial],
        recorded: dict[str, Any],
        warned: list[Warned],
        on_meta: Node | None,
    ) -> Outcome:
        """Capture `model` on its first inputs, then compare each trial that is recorded.

        `on_meta` is what the first inputs give on the meta device, if that can be told.
        """
        try:
            with _tracer_warnings(self.places, warned):
                captured = _CAPTURE[self.target](model, planned[0].inputs, self.thorough)
        except Exception as error:
            return errors.outcome("compile", error, self.places)
        end = time.monotonic() + self.patience
        enough = math.inf if self.thorough else end
        for trial in planned:
            in_time = trial.name == EXAMPLE or time.monotonic() < end
            if trial.name in recorded and in_time:
                outcome = self._compare(captured, trial, recorded[trial.name], enough)
                if not outcome.ok:
                    return outcome
        return PASSED if on_meta is None else self._on_meta(captured, planned[0], on_meta)

    def _compare(
        self, captured: Captured, trial: Trial, expected: dict[str, Any], end: float
    ) -> Outcome:
        model, inputs = captured.instance(), captured.fitted(trial.inputs)
        for n, before in enumerate(expected["calls"]):
            if before["output"] is None or (n and time.monotonic() > end):
                break  # where the original does not take it, the state is not known after it
            run = call(model, inputs)
            if run.error is not None:
                outcome = errors.outcome("run", run.error, self.places)
                return _on(outcome, trial.label(n))
            assert run.output is not None
            found = self.comparison.difference(before["output"], run.output)
            if found is not None:
                return Outcome("compare", False, f"{found}, on {trial.label(n)}")
        return PASSED

    def _on_meta(self, captured: Captured, first: Trial, expected: Node) -> Outcome:
        """Whether the captured form goes with its data to another device."""
        run = meta.call_captured(captured.on_meta(), captured.fitted(first.inputs))
        if run.error is not None:
            return errors.outcome("device", run.error, self.places)
        assert run.output is not None
        found = self.comparison.difference(expected, run.output)
        return PASSED if found is None else Outcome("device", False, f"{found}, on meta")


def _on(outcome: Outcome, label: str) -> Outcome:
    if label == EXAMPLE:
        return outcome
    return Outcome(outcome.stage, False, f"{outcome.error}, on {label}", outcome.places)


@contextmanager
def _tracer_warnings(places: Places, warned: list[Warned]) -> Iterator[None]:
    """Collect what the tracer warns of, at the user's line that it is about."""

    def show(message: Any, category: Any, *_: Any, **__: Any) -> None:
        place = places.of_caller(sys._getframe(1))
        if place is not None and issubclass(category, TracerWarning):
            warned.append(Warned(place, str(message)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", TracerWarning)
        warnings.showwarning = show
        yield
