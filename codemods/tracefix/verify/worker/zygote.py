"""A process with one file of one tree loaded, of which each job gets a fork."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from tracefix.model import Outcome, Subject
from tracefix.verify.request import LATE, Job, Preload, Report, Request, Step
from tracefix.verify.worker import confine, cuda, draws, errors, family, load, steps
from tracefix.verify.worker.places import Places

Say = Callable[[object], None]
_FIRST = (Step.RECORD, Step.MAKE, Step.TRY)  # those that need no record
_AT_LEAST = 15.0  # seconds for a job, however little time there is
_AS_LONG = 3  # what targets may take, over the first runs


def answer(request: Request, project: tuple[str, ...], known: load.Known, say: Say) -> None:
    """Load the file, then say (index, report) for each job."""
    _settle(request)
    confine.adopt_orphans()
    places = Places(request.root)
    with _within(request.limits.seconds), confine.limited_processes():
        module = _loaded(request, project, known, places)
    if isinstance(module, Report):
        for number in range(len(request.jobs)):
            say((number, module))
        return
    brought = load.third_party(known, (*project, request.root))
    _fork_jobs(request, module, places, brought, say)


def alone(request: Request, project: tuple[str, ...]) -> Report:
    """The report on a request's only job, in this process; for where there is no fork."""
    _settle(request)
    places = Places(request.root)
    module = _loaded(request, project, load.Known(), places)
    if isinstance(module, Report):
        return module
    return steps.run(request.jobs[0], request, module, places)


def _settle(request: Request) -> None:
    confine.limit_memory(request.limits.memory_mb)
    if request.tolerance.draws:
        draws.redirect()
    os.chdir(request.root)
    sys.argv = [str(Path(request.root) / request.path)]
    load.search([str(Path(request.root) / folder) for folder in request.importing.roots])


def _loaded(
    request: Request, project: tuple[str, ...], known: load.Known, places: Places
) -> ModuleType | Report:
    redirected = cuda.redirected() if request.cuda else contextlib.nullcontext()
    try:
        with redirected:
            load.examples(request.examples)
            module = load.tested(request)
            load.check_origins(request.root, project, known)
            return module
    except (Exception, SystemExit) as error:
        outcome = errors.outcome("load", error, places)
        return Report(outcome, needs_cuda=errors.wants_cuda(error))


def _fork_jobs(
    request: Request, module: ModuleType, places: Places, brought: tuple[str, ...], say: Say
) -> None:
    # One job takes a third of the request's time at the most, and what comes after the first runs has
    # a third at the least: a model that takes long is not to keep the time from all others.
    share = max(request.seconds / 3, _AT_LEAST)
    end = time.monotonic() + request.seconds

    def task(number: int, job: Job) -> family.Task:
        def work(say_up: Say) -> None:
            if job.step is not Step.TIME:
                confine.fill_fresh_memory()
            with confine.limited_processes():
                say_up(steps.run(job, request, module, places))

        def heard(body: bytes | family.Died) -> None:
            if isinstance(body, family.Died):
                report = Report(Outcome(job.stage, False, body.reason))
            else:
                report = pickle.loads(body)
            taken[job.subject] = taken.get(job.subject, 0.0) + report.seconds
            say((number, report))

        return family.Task(work, heard, min(request.limits.seconds, share))

    def in_time(jobs: list[tuple[int, Job]], end: float) -> Iterator[family.Task]:
        for number, job in jobs:
            if time.monotonic() < end:
                yield task(number, job)
            else:
                say((number, Report(Outcome(job.stage, False, LATE), late=True)))

    say(Preload(brought))
    numbered = list(enumerate(request.jobs))
    taken: dict[Subject, float] = {}  # seconds, of what ran first
    first = [(n, job) for n, job in numbered if job.step in _FIRST]
    family.run(in_time(first, end), request.limits.jobs)
    # Where the original could not be recorded there is nothing to hold the others against.
    others = [(n, job) for n, job in numbered if job.step not in _FIRST]
    others = [(n, job) for n, job in others if os.path.exists(job.reference)]
    if sum(taken.values()) * _AS_LONG > request.seconds:  # what is late is to be little
        others.sort(key=lambda one: taken.get(one[1].subject, 0.0))
    family.run(in_time(others, max(end, time.monotonic() + share)), request.limits.jobs)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
