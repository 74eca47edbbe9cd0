"""A target's form of a model, held against what the original gave in eager mode."""

from __future__ import annotations

import contextlib
import math
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from torch.jit._trace import TracerWarning

from tracefix.model import PASSED, Outcome, Target
from tracefix.verify.protocol import Warned
from tracefix.verify.worker import carried, errors, meta
from tracefix.verify.worker.compare import Comparison
from tracefix.verify.worker.instances import Prototype
from tracefix.verify.worker.parting import parting
from tracefix.verify.worker.patience import TooLong, at_most
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.runs import EXAMPLE, Trial, call
from tracefix.verify.worker.snapshot import Node
from tracefix.verify.worker.targets import script, trace
from tracefix.verify.worker.targets.saved import Captured

_META = "the meta device"
_TO_LOCATE = 10.0  # seconds, at most, for a second recording


@dataclass(frozen=True)
class Checker:
    """Captures models for one target, and runs what comes of it."""

    target: Target
    places: Places
    comparison: Comparison
    patience: float  # seconds for the trials beyond the example
    thorough: bool  # all of the model goes through a file, and every call of the example is made
    every: bool  # after a difference the other trials are made too, to tell which show one
    strict: bool = False  # a trace gives back no lists and dicts

    def check(
        self,
        prototype: Prototype,
        planned: list[Trial],
        recorded: Mapping[str, Any],
        warned: list[Warned],
        on_meta: Node | None,
    ) -> Outcome:
        """Capture a model on its first inputs, then compare each trial that is recorded.

        `on_meta` is what the first inputs give on the meta device, if that can be told.
        """
        first = planned[0]
        try:
            with _tracer_warnings(self.places, warned):
                captured = self._captured(prototype.instance(), first)
        except Exception as error:
            outcome = errors.outcome("compile", error, self.places)
            if self.target is not Target.TRACE:
                return outcome
            return carried.explained(outcome, prototype, first, recorded[EXAMPLE], self.places)
        tried = [trial for trial in planned if trial.name in recorded]
        outcome = self._tried(captured, prototype, tried, recorded)
        if outcome.ok and on_meta is not None:
            moved = self._on_meta(captured, first, on_meta)
            held = (*outcome.held, _META) if moved.ok else outcome.held
            outcome = replace(moved, held=held, broke=() if moved.ok else (_META,))
        if self.every and outcome.ok and self.target is Target.TRACE:
            notes = carried.notes(captured, prototype, first, recorded[EXAMPLE], self.places)
            return replace(outcome, notes=notes)
        return outcome

    def _captured(self, model: Any, first: Trial) -> Captured:
        if self.target is Target.SCRIPT:
            return script.capture(model, first.inputs, self.thorough)
        return trace.capture(model, first.inputs, self.thorough, self.strict)

    def _tried(
        self,
        captured: Captured,
        prototype: Prototype,
        planned: list[Trial],
        recorded: Mapping[str, Any],
    ) -> Outcome:
        """The first difference on any trial, and on which there was one."""
        end = time.monotonic() + self.patience
        enough = math.inf if self.thorough else end
        told, held, broke = PASSED, list[str](), list[str]()
        for trial in planned:
            untaken = not trial.is_taken(recorded[trial.name])
            if untaken or (trial.name != EXAMPLE and time.monotonic() >= end):
                continue
            outcome, calls = self._compare(captured, trial, recorded[trial.name], enough)
            (held if outcome.ok else broke).append(
                trial.title if outcome.ok else trial.label(calls)
            )
            if told.ok and not outcome.ok:
                told = self._located(outcome, captured, prototype, trial, calls)
            if not outcome.ok and not self.every:
                break
        return replace(told, held=tuple(held), broke=tuple(broke))

    def _compare(
        self, captured: Captured, trial: Trial, expected: dict[str, Any], end: float
    ) -> tuple[Outcome, int]:
        """How the calls of a trial go, and how many went well."""
        model = captured.instance()
        for n, before in enumerate(expected["calls"]):
            if before["output"] is None or (n and time.monotonic() > end):
                break  # where the original does not take it, the state is not known after it
            run = call(model, captured.fitted(trial.given(n)), trial.seeded)
            if run.error is not None:
                outcome = errors.outcome("run", run.error, self.places)
                return _on(outcome, trial.label(n)), n
            assert run.output is not None
            found = self.comparison.difference(before["output"], run.output)
            if found is not None:
                return Outcome("compare", False, f"{found}, on {trial.label(n)}"), n
        return PASSED, trial.calls

    def _located(
        self, outcome: Outcome, captured: Captured, prototype: Prototype, trial: Trial, calls: int
    ) -> Outcome:
        """With the step from which on the trace is not what it should be on a trial's inputs."""
        if captured.graph is None:
            return outcome
        found = None
        with contextlib.suppress(Exception, TooLong), at_most(_TO_LOCATE), _quiet():
            model = prototype.instance()
            for n in range(calls):
                call(model, trial.given(n), trial.seeded)
            other = trace.graph(model, trial.given(calls), trial.seeded)
            found = parting(captured.graph, other, self.places)
        if found is None:
            return outcome
        first, newline, rest = outcome.error.partition("\n")
        places = tuple(dict.fromkeys((*found.places, *outcome.places)))
        return replace(outcome, error=f"{first}: {found.text}{newline}{rest}", places=places)

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
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


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
