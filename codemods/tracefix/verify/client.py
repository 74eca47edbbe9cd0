"""Asks worker processes how the original and the rewritten behave. Imports no torch."""

from __future__ import annotations

import itertools
import math
import shutil
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from tracefix.model import Outcome, Source, Subject, Target
from tracefix.verify.hints import Hints, Threshold
from tracefix.verify.jobs import by_file, captures, checkpoint, checks, doubtful, firsts
from tracefix.verify.making import FOR_A_FILE, made, tried
from tracefix.verify.pool import WorkerPool
from tracefix.verify.protocol import Attempt, Baseline, Proof, Tried
from tracefix.verify.questions import Questions
from tracefix.verify.recipe import Recipe
from tracefix.verify.reports import first, parts
from tracefix.verify.request import Hello, Job, Limits, Step, Tolerance
from tracefix.verify.timing import time_ratios
from tracefix.verify.tree import Tree

__all__ = ["Limits", "Verifier"]

Progress = Callable[[Subject], None]
_R = TypeVar("_R")


class Verifier:
    """Runs subjects of one project; a context manager, which leaves nothing behind.

    `baseline` comes first, with the project as `sources` have it. `attempt` and `prove` take
    an `overlay` of rewritten texts by path, and hold them against the original.
    """

    def __init__(
        self,
        root: Path,
        sources: Mapping[str, Source],
        examples: Sequence[Path] = (),
        python: str = sys.executable,
        limits: Limits = Limits(),
        rtol: float | None = None,
        atol: float | None = None,
        draws: bool = False,
        strict: bool = False,
    ) -> None:
        self._root = root.resolve()
        self._sources = sources
        self._limits = limits
        self._scratch = Path(tempfile.mkdtemp(prefix="tracefix-")).resolve()
        self._original = Tree(self._scratch / "original", self._root, sources)
        self._rewritten = Tree(self._scratch / "rewritten", self._root, sources)
        hello = Hello(
            tuple(str(path.absolute()) for path in examples),
            (str(self._root), str(self._scratch)),
            str(self._scratch),
        )
        self._pool = WorkerPool(python, hello, limits.jobs)
        tolerance = Tolerance(rtol, atol, draws, strict)
        self._questions = Questions(self._root, sources, self._pool, limits, tolerance)
        self._numbers = itertools.count()
        self._width = limits.jobs  # how many jobs of one file may run at once
        self._references: dict[Subject, str] = {}
        self._recorded: set[Subject] = set()
        self._passed: dict[Subject, frozenset[Target]] = {}  # what took the originals
        self._redirected: set[Subject] = set()
        self._finalizer = weakref.finalize(self, _clear, self._pool, self._scratch)

    def __enter__(self) -> Verifier:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process and remove every file that was made."""
        self._finalizer()

    def interrupt(self) -> None:
        """End every process for good, from any thread: who waits for one is told it is gone."""
        self._pool.close()

    def baseline(
        self,
        subjects: Iterable[Subject],
        targets: Iterable[Target],
        progress: Progress | None = None,
        seconds: float = math.inf,
    ) -> dict[Subject, Baseline]:
        """What the original does, and what each target says to it; those that are not begun in
        `seconds` are late."""
        wanted, found = tuple(targets), {}
        self._questions.until = time.monotonic() + seconds
        self._original.lay(self._changed_sources())

        def run(path: str, group: list[Subject]) -> list[Baseline]:
            return list(self._baselines_of(path, group, wanted))

        for baselines in self._side_by_side(subjects, run):
            for baseline in baselines:
                found[baseline.subject] = baseline
                if progress is not None:
                    progress(baseline.subject)
        self._questions.until = math.inf
        return found

    def tried(self, subjects: Iterable[Subject]) -> dict[Subject, Tried]:
        """Whether there is an example that runs in eager mode, the same twice."""
        self._original.lay(self._changed_sources())

        def run(path: str, group: list[Subject]) -> list[Tried]:
            return tried(self._questions, self._original, path, group, self._width)

        found = itertools.chain(*self._side_by_side(subjects, run))
        return {one.subject: one for one in found}

    def adopt(self, recipes: Mapping[Subject, Recipe]) -> None:
        """Use these recipes for subjects that have no example."""
        self._questions.recipes.update(recipes)

    def heed(self, thresholds: Mapping[Subject, tuple[Threshold, ...]]) -> None:
        """Run these subjects on inputs to either side of what their branches ask, too."""
        self._questions.thresholds.update(thresholds)

    def make(
        self, hints: Mapping[Subject, Hints], seconds: float = FOR_A_FILE
    ) -> dict[Subject, Outcome]:
        """How the search for an example went; those found are used from here on, and not run yet.
        All searches of a file together take about `seconds` of the processor's time."""
        self._original.lay(self._changed_sources())
        self._questions.hints.update(hints)

        def run(path: str, group: list[Subject]) -> dict[Subject, Outcome]:
            return made(self._questions, self._original, path, group, self._width, seconds)

        found = self._side_by_side(hints, run)
        return {subject: outcome for group in found for subject, outcome in group.items()}

    def attempt(
        self, overlay: Mapping[str, str], wanted: Mapping[Subject, tuple[Target, ...]]
    ) -> dict[Subject, Attempt]:
        """Whether the rewritten tree may do: eager on the example, also on meta, and some targets."""
        found: dict[Subject, Attempt] = {}
        self._rewritten.lay({**self._changed_sources(), **overlay})

        def run(path: str, group: list[Subject]) -> list[Attempt]:
            own = {subject: wanted[subject] for subject in group}
            asked = checks(own, self._references, full=False)
            reports = self._questions.run(self._rewritten, path, asked, self._width)
            told = ((subject, *parts(subject, reports)) for subject in group)
            return [Attempt(s, eager.outcome, captured, w) for s, eager, captured, w in told]

        for attempts in self._side_by_side(self._known(wanted), run):
            found.update({attempt.subject: attempt for attempt in attempts})
        return found

    def prove(
        self,
        overlay: Mapping[str, str],
        subjects: Iterable[Subject],
        targets: Iterable[Target],
    ) -> dict[Subject, Proof]:
        """Whether the rewritten tree is the original in all that "verified" means."""
        wanted = tuple(targets)
        self._rewritten.lay({**self._changed_sources(), **overlay})

        def run(path: str, group: list[Subject]) -> list[Proof]:
            return self._proofs(path, group, wanted)

        found = itertools.chain(*self._side_by_side(self._known(subjects), run))
        return {proof.subject: proof for proof in found}

    def timed(
        self, overlay: Mapping[str, str], proofs: Mapping[Subject, Proof]
    ) -> dict[Subject, Proof]:
        """Each proof that holds with the rewritten's time over the original's."""
        self._rewritten.lay({**self._changed_sources(), **overlay})
        found = dict(proofs)
        for path, group in by_file(proofs).items():  # one at a time: nothing else is to run
            own = [proofs[subject] for subject in group]
            found.update({proof.subject: proof for proof in self._timed(path, own)})
        return found

    def _proofs(self, path: str, group: list[Subject], targets: tuple[Target, ...]) -> list[Proof]:
        failed = self._record_in_full(path, group)
        group = [subject for subject in group if subject not in failed]
        asked = checks(dict.fromkeys(group, targets), self._references, full=True)
        reports = self._questions.run(self._rewritten, path, asked, self._width)
        told = ((subject, *parts(subject, reports)) for subject in group)
        proofs = [
            Proof(s, eager.outcome, captured, proven=eager.proven) for s, eager, captured, _ in told
        ]
        proofs = self._compared_again(path, self._adopted(path, proofs))
        return [Proof(s, outcome) for s, outcome in failed.items()] + proofs

    def _compared_again(self, path: str, proofs: list[Proof]) -> list[Proof]:
        """With what the original does at a target that it took, and the rewritten does not.

        A proof tries more inputs than a baseline has time for: the original may fail on them too.
        """
        jobs = captures(doubtful(proofs, self._passed), self._references, full=True)
        reports = self._questions.run(self._original, path, jobs, self._width)
        return [replace(proof, before=parts(proof.subject, reports)[1]) for proof in proofs]

    def _side_by_side(
        self, subjects: Iterable[Subject], run: Callable[[str, list[Subject]], _R]
    ) -> Iterator[_R]:
        """What `run` gives for each file, several files at once where there are several."""
        groups = list(by_file(subjects).items())
        self._width = self._limits.jobs if len(groups) == 1 else 1
        if len(groups) == 1:
            yield run(*groups[0])
            return
        with ThreadPoolExecutor(self._limits.jobs) as threads:
            try:
                yield from threads.map(lambda group: run(*group), groups)
            except BaseException:  # Ctrl-C: what runs is not waited for
                threads.shutdown(wait=False, cancel_futures=True)
                self._pool.close()
                raise

    def _baselines_of(
        self, path: str, group: list[Subject], targets: tuple[Target, ...]
    ) -> Iterator[Baseline]:
        for subject in group:
            self._references[subject] = str(self._scratch / f"reference-{next(self._numbers)}")
        jobs = firsts(group, targets, self._references)
        reports = self._questions.run(self._original, path, jobs, self._width)
        for subject in group:
            baseline = first(subject, reports)
            if baseline.cuda:
                self._redirected.add(subject)
            taken = (target for target, outcome in baseline.targets.items() if outcome.ok)
            self._passed[subject] = frozenset(taken)
            yield baseline

    def _record_in_full(self, path: str, group: list[Subject]) -> dict[Subject, Outcome]:
        """Record what only a proof needs; those of which that fails, and why."""
        new = [subject for subject in group if subject not in self._recorded]
        jobs = [Job(s, Step.RECORD, self._references[s], full=True) for s in new]
        reports = self._questions.run(self._original, path, jobs, self._width)
        failed = {job.subject: r.outcome for job, r in reports.items() if not r.outcome.ok}
        self._recorded.update(subject for subject in new if subject not in failed)
        return failed

    def _adopted(self, path: str, proofs: list[Proof]) -> list[Proof]:
        """Those that hold so far, if the original loads the rewritten's checkpoint too."""
        references = self._references
        holding = [proof.subject for proof in proofs if proof.outcome.ok]
        jobs = {
            s: Job(s, Step.ADOPT, references[s], checkpoint=checkpoint(references[s]))
            for s in holding
        }
        reports = self._questions.run(self._original, path, list(jobs.values()), self._width)
        adopted = {subject: reports[job].outcome for subject, job in jobs.items()}
        return [replace(p, outcome=adopted.get(p.subject, p.outcome)) for p in proofs]

    def _timed(self, path: str, proofs: list[Proof]) -> list[Proof]:
        """With the rewritten's time over the original's."""
        jobs = [
            Job(proof.subject, Step.TIME, self._references[proof.subject])
            for proof in proofs
            if proof.outcome.ok
        ]
        trees = (self._original, self._rewritten)
        ratios = time_ratios(self._questions, trees, path, jobs, self._redirected)
        return [replace(proof, speed=ratios.get(proof.subject)) for proof in proofs]

    def _changed_sources(self) -> dict[str, str]:
        """The texts that are not, or no more, those of the files on disk."""
        return {path: source.text for path, source in self._sources.items()}

    def _known(self, subjects: Iterable[Subject]) -> list[Subject]:
        wanted = list(subjects)
        unknown = [subject for subject in wanted if subject not in self._references]
        if unknown:
            raise ValueError(f"{unknown[0]} has no baseline")
        return wanted


def _clear(pool: WorkerPool, scratch: Path) -> None:
    pool.close()
    shutil.rmtree(scratch, ignore_errors=True)
