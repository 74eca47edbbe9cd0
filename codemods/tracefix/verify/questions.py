"""Puts jobs of one file to a worker and gathers its reports; what wants CUDA is asked again."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from tracefix.model import Source, Subject
from tracefix.verify.hints import Hints, Threshold
from tracefix.verify.naming import importing
from tracefix.verify.pool import WorkerPool
from tracefix.verify.recipe import Recipe
from tracefix.verify.request import Importing, Job, Limits, Report, Request, Step, Tolerance
from tracefix.verify.tree import Tree


class Questions:
    """What one project asks its workers."""

    def __init__(
        self,
        root: Path,
        sources: Mapping[str, Source],
        pool: WorkerPool,
        limits: Limits,
        tolerance: Tolerance,
    ) -> None:
        self._root = root
        self._sources = sources
        self._pool = pool
        self._limits = limits
        self._tolerance = tolerance
        self.recipes: dict[Subject, Recipe] = {}  # for what has no example
        self.hints: dict[Subject, Hints] = {}
        self.thresholds: dict[Subject, tuple[Threshold, ...]] = {}
        self.until = math.inf  # by time.monotonic(): no job is begun after it
        self.searched: dict[str, float] = {}  # the seconds that went into examples, by file
        self._foreign: dict[str, None] = {}  # modules that no variant changes, as first loaded

    def run(self, tree: Tree, path: str, jobs: Sequence[Job], width: int) -> dict[Job, Report]:
        """Every job's report; what fails for want of CUDA is run again without it."""
        reports = self.ask(tree, path, jobs, False, width)
        wanting = {job.subject for job, report in reports.items() if report.needs_cuda}
        again = [
            job
            for job in jobs
            if job.subject in wanting and (job not in reports or reports[job].needs_cuda)
        ]
        for job, report in self.ask(tree, path, again, True, width).items():
            reports[job] = replace(report, cuda=True)
        return reports

    def ask(
        self, tree: Tree, path: str, jobs: Sequence[Job], cuda: bool, width: int
    ) -> dict[Job, Report]:
        """Every job's report, with CUDA redirected or not; `width` jobs run at once."""
        if not jobs:
            return {}
        subjects = {job.subject for job in jobs}
        making = {job.subject for job in jobs if job.step is Step.MAKE}
        request = Request(
            str(tree.folder),
            path,
            self._importing(path),
            tuple(jobs),
            recipes={s: self.recipes[s] for s in subjects if s in self.recipes},
            hints={s: self.hints[s] for s in making if s in self.hints},
            thresholds={s: self.thresholds[s] for s in subjects if s in self.thresholds},
            cuda=cuda,
            seconds=self.until - time.monotonic(),
            limits=replace(self._limits, jobs=width),
            tolerance=self._tolerance,
        )
        with self._pool.worker() as worker:
            worker.preload(tuple(self._foreign))
            reports = worker.ask(request)
            self._foreign.update(dict.fromkeys(self._outside(worker.brought)))
        return {jobs[number]: report for number, report in reports.items()}

    def _importing(self, path: str) -> Importing:
        return importing(path, self._sources[path].text, lambda p: (self._root / p).exists())

    def _outside(self, modules: tuple[str, ...]) -> tuple[str, ...]:
        """Those whose name no file or folder of the project could go by."""
        ours = {PurePosixPath(part).stem for path in self._sources for part in path.split("/")}
        return tuple(name for name in modules if name.partition(".")[0] not in ours)
