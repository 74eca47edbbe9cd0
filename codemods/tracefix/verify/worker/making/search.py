"""The search for an example: a guess, repaired by what its failure says, within bounds.

The candidate that came furthest is repaired first. The same class gives the same example
again: nothing is drawn at random, and the bounds count tries and the processor's time.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

from tracefix.verify.hints import Hints
from tracefix.verify.recipe import Recipe
from tracefix.verify.worker.making.attempts import Failure, Watch, failure
from tracefix.verify.worker.making.candidates import Candidate
from tracefix.verify.worker.making.constructing import Constructing
from tracefix.verify.worker.making.feeding import Feeding
from tracefix.verify.worker.making.guesses import Guesses, Parameter, parameters_of
from tracefix.verify.worker.making.inputs import Input, first_value, inputs_of
from tracefix.verify.worker.making.operands import Asking
from tracefix.verify.worker.making.repairs import Repairs
from tracefix.verify.worker.patience import TooLong
from tracefix.verify.worker.recipes import evaluated, names_for
from tracefix.verify.worker.seeds import seed

_TRIES = 300
_QUICK = 0.02  # seconds: what is built as quickly is built anew for each call
_STARTS = ((4, 4), (4, 3), (4, 2), (16, 4), (64, 4), (16, 3), (64, 3), (8, 2), (32, 4))


@dataclass(frozen=True)
class Made:
    """What came of a search: a recipe, or the failure that came furthest."""

    recipe: Recipe | None
    error: BaseException | None
    stage: str
    tries: int


@dataclass
class Search:
    """A search for one class."""

    module: ModuleType
    found: Any
    hints: Hints
    seconds: float
    _names: dict[str, Any] = field(init=False)
    _built: tuple[Any, Any] | None = None  # the last model, by what it was built from
    _building: float = 0.0  # seconds that it took
    _best: tuple[tuple[int, int], Failure | None, str] = ((-1, -1), None, "example")

    def run(self) -> Made:
        """The recipe that runs, or why there is none."""
        self._names = names_for(self.module)
        parameters = parameters_of(self.found, self.hints.construct)
        inputs = inputs_of(self.found, self.hints.inputs)
        repairs = _repairs(self.module, parameters, inputs)
        waiting: list[tuple[tuple[float, ...], int, Candidate]] = []
        numbers, seen = itertools.count(), set()
        for n, (size, rank) in enumerate(_STARTS):
            start = self._start(parameters, inputs, size, rank)
            heapq.heappush(waiting, ((0.0, 0.0, 4.0 * n), next(numbers), start))
        end = time.process_time() + self.seconds
        tries = 0
        while waiting and tries < _TRIES and time.process_time() < end:
            _, _, candidate = heapq.heappop(waiting)
            key = (candidate.construct, candidate.inputs)
            if key in seen:
                continue
            seen.add(key)
            tries += 1
            left = end - time.process_time()
            stage, failed = self._try(candidate, max(left / 2, min(left, _QUICK)))
            if failed is None:
                positional = frozenset(each.name for each in inputs if each.by_position)
                return Made(candidate.recipe(positional), None, "", tries)
            progress = (int(stage == "eager"), failed.progress)
            if progress > self._best[0] and not isinstance(failed.error, TooLong):
                self._best = (progress, failed, stage)
            for repaired in repairs.of(candidate, failed, stage):
                ranked = (-float(progress[0]), -float(progress[1]), repaired.cost)
                heapq.heappush(waiting, (ranked, next(numbers), repaired))
        _, best, stage = self._best
        return Made(None, best.error if best is not None else None, stage, tries)

    def _start(self, parameters: Any, inputs: Any, size: int, rank: int) -> Candidate:
        guesses = Guesses(self.module, size)
        values = ((each.name, guesses.first(each)) for each in parameters)
        given = tuple((name, value) for name, value in values if value is not None)
        called = tuple((i.name, first_value(i, rank, size)) for i in inputs if i.required)
        return Candidate(size, given, called)

    def _try(self, candidate: Candidate, seconds: float) -> tuple[str, Failure | None]:
        """The stage that failed, and how; None where the candidate runs."""
        stage, watch = "example", Watch(building=True)
        try:
            with _processor_time(seconds):
                model = self._model(candidate, watch)
                stage, watch = "eager", Watch()
                self._call(model, candidate, watch)
        except TooLong as error:
            return stage, failure(error, watch)
        except Exception as error:
            if stage == "eager" and self._building < _QUICK:  # a call may leave its marks
                self._built = None
            return stage, failure(error, watch)
        return stage, None

    def _model(self, candidate: Candidate, watch: Watch) -> Any:
        if self._built is None or self._built[0] != candidate.construct:
            recipe = candidate.recipe(frozenset())
            seed()
            args, kwargs = evaluated(recipe.construct, self._names)
            begun = time.process_time()
            with watch:
                model = self.found(*args, **kwargs)
            model.eval()
            self._building = time.process_time() - begun
            self._built = (candidate.construct, model)
        return self._built[1]

    def _call(self, model: Any, candidate: Candidate, watch: Watch) -> None:
        seed()
        recipe = candidate.recipe(frozenset(name for name, _ in candidate.inputs))
        args, _ = evaluated(recipe.inputs, self._names)
        for number, value in enumerate(args):
            watch.follow(number, value)
        names = [name for name, _ in candidate.inputs]
        with watch:
            model(*args) if names else model()


def _repairs(module: ModuleType, parameters: list[Parameter], inputs: list[Input]) -> Repairs:
    asking = Asking()
    constructing = Constructing(module, parameters, asking)
    return Repairs(constructing, Feeding(module, inputs, asking))


@contextlib.contextmanager
def _processor_time(seconds: float) -> Iterator[None]:
    """Raise TooLong after so many seconds of the processor's time."""

    def stop(_: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.01))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
