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

from torch.nn.parameter import UninitializedParameter

from tracefix.verify.hints import Hints
from tracefix.verify.recipe import Recipe
from tracefix.verify.worker.making.attempts import Failure, Watch, failure, tensors_in
from tracefix.verify.worker.making.candidates import Candidate
from tracefix.verify.worker.making.constructing import Constructing
from tracefix.verify.worker.making.feeding import Feeding
from tracefix.verify.worker.making.fitting import arrays, varied
from tracefix.verify.worker.making.guesses import Parameter, hands_on, parameters_of
from tracefix.verify.worker.making.inputs import Input, inputs_of
from tracefix.verify.worker.making.operands import Asking
from tracefix.verify.worker.making.repairs import Repairs
from tracefix.verify.worker.making.starts import as_built, guessed
from tracefix.verify.worker.patience import TooLong
from tracefix.verify.worker.recipes import evaluated, names_for
from tracefix.verify.worker.seeds import seed

_TRIES = 300
_LARGER = (16, 64)
_QUICK = 0.02  # seconds: what is built as quickly is built anew for each call
_FIRST = -10.0  # ranks what is tried before all repairs
_OF_BUILT = 0.15  # the share of the time for what the project builds, which may be large


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
    _empty: bool = False  # whether the last that ran had no numbers in its parameters or results
    _waiting: list[tuple[tuple[float, ...], int, Candidate]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _seen: set[object] = field(default_factory=set)
    _best: tuple[tuple[int, int], Failure | None, str] = ((-1, -1), None, "example")

    def run(self) -> Made:
        """The recipe that runs, or why there is none."""
        self._names = names_for(self.module)
        parameters = parameters_of(self.found, self.hints.construct)
        inputs = inputs_of(self.found, self.hints.inputs)
        repairs = _repairs(self.module, self.found, parameters, inputs)
        for n, start in enumerate(guessed(self.module, parameters, inputs)):
            self._wait(start, (0.0 if n else _FIRST, 0.0, 4.0 * n))
        own = list(as_built(self.module, parameters, inputs, self.hints.builds))
        for n, start in enumerate(own):
            self._wait(start, (_FIRST, 0.0, 1.0 + n))
        end, tries, ran = time.process_time() + self.seconds, 0, None
        positional = frozenset(each.name for each in inputs if each.by_position)
        while tries < _TRIES and time.process_time() < end:
            candidate = self._next()
            if candidate is None:
                break
            tries += 1
            left = end - time.process_time()
            share = _OF_BUILT if candidate in own else 0.5
            stage, failed = self._try(candidate, max(left * share, min(left, _QUICK)))
            if failed is not None:
                self._repair(candidate, failed, stage, repairs)
            elif self._empty and ran is None:  # it runs, but on nothing: larger sizes may do more
                ran = candidate
                for n, size in enumerate(_LARGER):
                    larger = repairs.constructing.scaled(candidate, size, 0.0)
                    self._wait(larger, (-9.0, 0.0, float(n)))
            elif not self._empty:
                candidate = self._varied(candidate, end)
                return Made(candidate.recipe(positional), None, "", tries)
        _, best, stage = self._best
        recipe = None if ran is None else ran.recipe(positional)
        return Made(recipe, best.error if best is not None else None, stage, tries)

    def _wait(self, candidate: Candidate, ranked: tuple[float, ...]) -> None:
        heapq.heappush(self._waiting, (ranked, next(self._numbers), candidate))

    def _next(self) -> Candidate | None:
        """The most promising candidate that has not been tried, and is not too large."""
        while self._waiting:
            _, _, candidate = heapq.heappop(self._waiting)
            key = (candidate.construct, candidate.inputs)
            if key not in self._seen:
                self._seen.add(key)
                if all(array.is_bounded for _, v in candidate.inputs for _, array in arrays(v)):
                    return candidate
        return None

    def _repair(self, candidate: Candidate, failed: Failure, stage: str, repairs: Repairs) -> None:
        progress = (int(stage == "eager"), failed.progress)
        if progress > self._best[0] and not isinstance(failed.error, TooLong):
            self._best = (progress, failed, stage)
        for repaired in repairs.of(candidate, failed, stage):
            self._wait(repaired, (-float(progress[0]), -float(progress[1]), repaired.cost))

    def _varied(self, candidate: Candidate, end: float) -> Candidate:
        """The candidate with sizes that differ from each other, where it runs with them too."""
        for change in varied(candidate):
            other = change(candidate)
            left = end - time.process_time()
            if left > 0 and other.inputs != candidate.inputs:
                _, failed = self._try(other, left / 2)
                candidate = other if failed is None else candidate
        return candidate

    def _try(self, candidate: Candidate, seconds: float) -> tuple[str, Failure | None]:
        """The stage that failed, and how; None where the candidate runs."""
        stage, watch = "example", Watch(building=True)
        try:
            with _processor_time(seconds):
                model = self._model(candidate, watch)
                stage, watch = "eager", Watch()
                output = self._call(model, candidate, watch)
        except TooLong as error:
            return stage, failure(error, watch)
        except Exception as error:
            if stage == "eager" and self._building < _QUICK:  # a call may leave its marks
                self._built = None
            return stage, failure(error, watch)
        settled = (p for p in model.parameters() if not isinstance(p, UninitializedParameter))
        self._empty = any(tensor.numel() == 0 for tensor in (*settled, *tensors_in(output)))
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

    def _call(self, model: Any, candidate: Candidate, watch: Watch) -> Any:
        seed()
        recipe = candidate.recipe(frozenset(name for name, _ in candidate.inputs))
        args, _ = evaluated(recipe.inputs, self._names)
        for number, value in enumerate(args):
            watch.follow(number, value)
        names = [name for name, _ in candidate.inputs]
        with watch:
            return model(*args) if names else model()


def _repairs(
    module: ModuleType, found: Any, parameters: list[Parameter], inputs: list[Input]
) -> Repairs:
    asking = Asking()
    constructing = Constructing(module, parameters, asking, hands_on(found))
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
