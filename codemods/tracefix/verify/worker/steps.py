"""The steps that the client may ask for, each run in a process of its own."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import torch

from tracefix.model import PASSED, Outcome, Subject, Target
from tracefix.verify.hints import Hints
from tracefix.verify.protocol import Warned
from tracefix.verify.recipe import Recipe
from tracefix.verify.request import Job, Report, Request, Step
from tracefix.verify.worker import cuda, errors, load, network
from tracefix.verify.worker.captures import Checker
from tracefix.verify.worker.cases import Case, NoExample, cases
from tracefix.verify.worker.compare import Comparison
from tracefix.verify.worker.equality import Equality
from tracefix.verify.worker.instances import Prototype
from tracefix.verify.worker.making.recorder import Recorder
from tracefix.verify.worker.making.search import Search
from tracefix.verify.worker.observe import Observer
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.recording import recording
from tracefix.verify.worker.runs import Begun, Trial, call, trials
from tracefix.verify.worker.seeds import FRESH
from tracefix.verify.worker.targets import script

# Of a subject's time, for the inputs beyond the example: in a proof, and in what leads to one.
_PATIENCE, _BRIEF = 0.06, 0.02
_OF_ITS_OWN = 0.25  # the share of that for an example that tracefix found: there may be many
_TIMED_SECONDS, _TIMED_CALLS = 0.1, 5


class Stopped(Exception):
    """A step ends early, and this is how."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.outcome.error)
        self.report = report


@dataclass(frozen=True)
class Bench:
    """A subject with its examples, ready to be run."""

    request: Request
    job: Job
    module: ModuleType
    places: Places

    @cached_property
    def found(self) -> Any:
        """The class or function under test."""
        try:
            return load.find(self.module, self.job.subject.qualname)
        except AttributeError as error:
            raise self.stopped("load", error) from None

    @property
    def example(self) -> tuple[str, list[Case]]:
        """Where the example came from, and what it gives."""
        return self._timed_example[0]

    @cached_property
    def _timed_example(self) -> tuple[tuple[str, list[Case]], float]:
        """The example, and the seconds that it took to make."""
        started = time.monotonic()
        try:
            return cases(*self._asked), time.monotonic() - started
        except NoExample as error:
            raise Stopped(Report(Outcome("example", False, str(error)))) from None
        except Exception as error:
            raise self.stopped("example", error) from None

    @property
    def _asked(self) -> tuple[Subject, ModuleType, Any, Recipe | None]:
        recipe = self.request.recipes.get(self.job.subject)
        return self.job.subject, self.module, self.found, recipe

    @cached_property
    def planned(self) -> list[Trial]:
        """The calls to make of each case."""
        known = self.request.thresholds.get(self.job.subject, ())
        return list(trials(self.example[1], self._fresh(), known))

    def _fresh(self) -> list[Case]:
        """Cases with other random inputs. A model that is slow to make is made anew for a proof."""
        if not self.job.full and self._timed_example[1] > self.patience / 2:
            return []
        try:
            return cases(*self._asked, FRESH)[1]
        except Exception:  # an example may not stand a second call
            return []

    def prototypes(self) -> list[Prototype]:
        """The cases, to be copied."""
        return [Prototype(case, self._rebuild(n)) for n, case in enumerate(self.example[1])]

    def _rebuild(self, number: int) -> Any:
        return lambda: cases(*self._asked)[1][number]

    def stopped(self, stage: str, error: BaseException) -> Stopped:
        """`error` as the end of this step."""
        outcome = errors.outcome(stage, error, self.places)
        return Stopped(Report(outcome, needs_cuda=errors.wants_cuda(error)))

    @property
    def comparison(self) -> Comparison:
        """How outputs in eager mode are compared."""
        return Comparison(self.request.tolerance)

    @property
    def patience(self) -> float:
        """Seconds for the inputs beyond the example."""
        share = _PATIENCE if self.job.full else _BRIEF
        if self.job.subject in self.request.recipes:
            share *= _OF_ITS_OWN
        return self.request.limits.seconds * share


def run(job: Job, request: Request, module: ModuleType, places: Places) -> Report:
    """The report on one job."""
    bench = Bench(request, job, module, places)
    step = {
        Step.RECORD: _record,
        Step.COMPARE: _compare,
        Step.CAPTURE: _capture,
        Step.ADOPT: _adopt,
        Step.TIME: _time,
        Step.MAKE: _make,
        Step.TRY: _try,
    }[job.step]
    started = time.monotonic()
    written = job.step is not Step.MAKE and job.subject not in request.recipes
    try:
        with contextlib.nullcontext() if written else network.closed():
            report = step(bench)
    except Stopped as stopped:
        report = stopped.report
    except (Exception, SystemExit) as error:  # the user's, or ours where nobody expects it
        report = bench.stopped(job.stage, error).report
    return replace(report, seconds=report.seconds or time.monotonic() - started)


def _record(bench: Bench) -> Report:
    with _redirected(bench):
        report, begun = _run_twice(bench)
        if not report.outcome.ok:
            return report
        reference = recording(
            bench.prototypes(),
            bench.planned,
            begun,
            bench.patience,
            bench.job.full,
            bench.places,
            bench.comparison,
        )
    torch.save(reference, f"{bench.job.reference}.part")
    os.replace(f"{bench.job.reference}.part", bench.job.reference)
    return report


def _try(bench: Bench) -> Report:
    """Whether the example runs, and gives the same twice."""
    with _redirected(bench):
        return _run_twice(bench)[0]


def _run_twice(bench: Bench) -> tuple[Report, dict[int, Begun]]:
    """Whether the example runs, and gives the same twice; and the first run of each case."""
    origin, made = bench.example
    recorder, observer = Recorder(bench.places), Observer(bench.places)
    begun: dict[int, Begun] = {}
    for number, (prototype, case) in enumerate(zip(bench.prototypes(), made, strict=True)):
        model, started = prototype.instance(), time.monotonic()
        with observer.watching(model, case.inputs[0].method):
            once = call(model, case.inputs[0])
        if once.error is not None:
            raise bench.stopped("eager", once.error)
        begun[number] = Begun(model, once, time.monotonic() - started)
        with recorder.watching():
            again = call(prototype.rebuild().model, case.inputs[0])
        assert once.output is not None
        assert again.output is not None
        found = bench.comparison.difference(once.output, again.output)
        if found is not None:
            outcome = Outcome("deterministic", False, f"{found} from one run to the next")
            return Report(outcome, observed=observer.observed(), example=origin), begun
    recorded = recorder.recipes()
    return Report(PASSED, observed=observer.observed(), example=origin, recorded=recorded), begun


def _make(bench: Bench) -> Report:
    """An example for a class that has none."""
    with _redirected(bench):
        hints = bench.request.hints.get(bench.job.subject, Hints())
        made = Search(bench.module, bench.found, hints, bench.job.seconds).run()
    if made.recipe is not None:
        return Report(PASSED, example=made.recipe.origin, recipe=made.recipe)
    if made.error is None:
        return Report(Outcome("example", False, "no example could be made in time"))
    stopped = bench.stopped("example", made.error).report
    if isinstance(made.error, network.Offline):
        return stopped
    told = f"no example could be made: {stopped.outcome.error}"
    return replace(stopped, outcome=replace(stopped.outcome, error=told))


def _compare(bench: Bench) -> Report:
    expected = _reference(bench)
    with _redirected(bench):
        equality = Equality(bench.comparison, bench.prototypes(), bench.planned, bench.places)
        report = equality.quick(expected) if not bench.job.full else equality.full(expected)
        if bench.job.checkpoint and isinstance(bench.example[1][0].model, torch.nn.Module):
            torch.save(bench.example[1][0].model.state_dict(), bench.job.checkpoint)
    return report


def _capture(bench: Bench) -> Report:
    with _redirected(bench):
        expected, warned = _reference(bench), list[Warned]()
        prototypes, planned = bench.prototypes(), bench.planned
    assert bench.job.target is not None
    if bench.job.target is Target.SCRIPT:
        for prototype in prototypes:
            script.export(prototype.case.model, prototype.case.inputs[0])
    comparison = Comparison(bench.request.tolerance, captured=True)
    patience, outcomes = 2 * bench.patience, list[Outcome]()
    full, every = bench.job.full, bench.job.every
    strict = bench.request.tolerance.strict
    checker = Checker(bench.job.target, bench.places, comparison, patience, full, every, strict)
    for number, prototype in enumerate(prototypes):
        own = [trial for trial in planned if trial.case == number]
        recorded = {r["name"]: r for r in expected["eval"] if r["case"] == number}
        on_meta = expected["meta"][0] if number == 0 and expected["meta"] else None
        outcomes.append(checker.check(prototype, own, recorded, warned, on_meta))
        if not outcomes[-1].ok:
            break
    held = tuple(label for outcome in outcomes for label in outcome.held)
    notes = tuple(dict.fromkeys(note for outcome in outcomes for note in outcome.notes))
    return Report(replace(outcomes[-1], held=held, notes=notes), tuple(warned))


def _adopt(bench: Bench) -> Report:
    with _redirected(bench):
        model = bench.example[1][0].model
        try:
            model.load_state_dict(torch.load(bench.job.checkpoint, weights_only=False))
        except Exception as error:
            raise bench.stopped("state_dict", error) from None
    return Report(PASSED)


def _time(bench: Bench) -> Report:
    with _redirected(bench):
        case = bench.example[1][0]
        copies = [case.inputs[0].copy() for _ in range(_TIMED_CALLS)]
        best, end = float("inf"), time.monotonic() + _TIMED_SECONDS
        with torch.no_grad():
            for n in range(1000):
                inputs = copies[n % _TIMED_CALLS]
                started = time.perf_counter()
                inputs.called(case.model)(*inputs.args, **inputs.kwargs)
                best = min(best, time.perf_counter() - started)
                if n >= _TIMED_CALLS and time.monotonic() > end:
                    break
    return Report(PASSED, seconds=best)


def _reference(bench: Bench) -> dict[str, Any]:
    reference: dict[str, Any] = torch.load(bench.job.reference, weights_only=False)
    return reference


def _redirected(bench: Bench) -> contextlib.AbstractContextManager[None]:
    return cuda.redirected() if bench.request.cuda else contextlib.nullcontext()
