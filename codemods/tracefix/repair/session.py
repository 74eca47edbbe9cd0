"""What one run of the repair knows and shares between its stages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tracefix.config import Config
from tracefix.model import FixId, Subject, Target
from tracefix.repair.cancellation import Cancellation
from tracefix.repair.layout import written
from tracefix.repair.lines import moved
from tracefix.repair.pace import Pace, Stage
from tracefix.repair.scope import Relevance, code_of, ran
from tracefix.repair.workspace import Step, Version, Workspace
from tracefix.verify.client import Verifier
from tracefix.verify.protocol import Attempt, Baseline, Proof

Progress = Callable[[str, int, int], None]
_AS_LONG = 2.0  # what a proof takes, over the originals' first runs
_TO_BE_SAFE = 1.5  # times that, where it is planned for


@dataclass(frozen=True, eq=False)
class Session:
    """A project, its examples' first runs, and the worker that runs them."""

    config: Config
    workspace: Workspace
    verifier: Verifier
    baselines: Mapping[Subject, Baseline]
    progress: Progress
    cancellation: Cancellation = field(default_factory=Cancellation)
    pace: Pace = field(default_factory=Pace)
    _relevances: dict[Version, Relevance] = field(default_factory=dict)

    @property
    def targets(self) -> tuple[Target, ...]:
        return self.config.targets

    @property
    def runnable(self) -> tuple[Subject, ...]:
        """The subjects whose example runs in eager mode."""
        return tuple(s for s, baseline in self.baselines.items() if baseline.eager.ok)

    @property
    def late(self) -> tuple[Subject, ...]:
        """The subjects that there was no time to try."""
        return tuple(s for s, baseline in self.baselines.items() if baseline.late)

    def failed_before(self, subject: Subject) -> frozenset[Target]:
        """The targets that reject the original."""
        outcomes = self.baselines[subject].targets
        return frozenset(target for target, outcome in outcomes.items() if not outcome.ok)

    def seconds_to_prove(self, subjects: Iterable[Subject]) -> float:
        """What the proofs of some subjects take at the least, one after the other."""
        return _AS_LONG * sum(self.baselines[subject].seconds for subject in subjects)

    def seconds_for(self, fixes: Iterable[Step], steps: Iterable[Step]) -> float:
        """What the proof of some of `steps` may take, with one more where it rejects something."""
        concerned = self.concerned((step.id for step in fixes), steps)
        return _TO_BE_SAFE * self.seconds_to_prove(concerned) / self.config.jobs

    def is_late(
        self, stage: Stage, fixes: Iterable[Step], steps: Iterable[Step], seconds: float = 0.0
    ) -> bool:
        """Whether a stage is over, or what takes so long would take the time that the proof of some
        of `steps` needs."""
        if self.pace.is_over(stage):
            return True
        return not self.pace.has_room_before(self.seconds_for(fixes, steps), seconds)

    def relevance(self, steps: Iterable[Step]) -> Relevance:
        """Which subjects a fix concerns in the text that `steps` lead to."""
        version = self.workspace.version(steps)
        if version not in self._relevances:
            seen = {s: ran(self.baselines[s].observed) for s in self.runnable}
            base = Relevance(self.workspace.original.facts, ran=seen)
            first = next(iter(self._relevances.values()), base)
            self._relevances[version] = first.after(version.facts)
        return self._relevances[version]

    def concerned(self, fixes: Iterable[FixId], steps: Iterable[Step]) -> list[Subject]:
        """The runnable subjects that some fixes concern in the text that `steps` lead to."""
        return self.relevance(steps).concerned(fixes, self.runnable)

    def unlike(self, one: Version, other: Version) -> list[Subject]:
        """The runnable subjects whose code is not the same in two versions."""
        found = []
        for subject in self.runnable:
            seen = ran(self.baselines[subject].observed)
            roots = (subject, *(Subject(path, name) for path, name in seen))
            if code_of(roots, one.facts) != code_of(roots, other.facts):
                found.append(subject)
        return found

    def attempt(
        self, steps: Iterable[Step], subjects: Iterable[Subject]
    ) -> Mapping[Subject, Attempt]:
        """How some subjects fare with `steps` at the targets that rejected them.

        What passed before is taken to pass still: only a proof tries it again.
        """
        return self._attempt(self.workspace.version(steps).texts, subjects)

    def attempt_some(
        self, steps: Iterable[Step], some: Collection[Step], subjects: Iterable[Subject]
    ) -> Mapping[Subject, Attempt]:
        """How some subjects fare with some of `steps`, told sooner than by `attempt` on those alone,
        and not for certain: see `Workspace.nearly`."""
        return self._attempt(self.workspace.nearly(steps, some), subjects)

    def _attempt(
        self, texts: Mapping[str, str], subjects: Iterable[Subject]
    ) -> Mapping[Subject, Attempt]:
        wanted: dict[Subject, tuple[Target, ...]] = {}
        for subject in subjects:
            failed = self.failed_before(subject)
            asked = tuple(target for target in self.targets if target in failed)
            wanted[subject] = asked or self.targets
        if not wanted:
            return {}
        original = self.workspace.original.texts
        overlay = {path: text for path, text in texts.items() if text != original[path]}
        self.cancellation.check()
        attempts = self.verifier.attempt(overlay, wanted)
        self.cancellation.check()  # what an interrupted worker says is of no worth
        return {
            s: replace(attempt, targets={**self.baselines[s].targets, **attempt.targets})
            for s, attempt in attempts.items()
        }

    def prove(self, steps: Iterable[Step], subjects: Iterable[Subject]) -> Mapping[Subject, Proof]:
        """All that "verified" means, for some subjects with `steps`, on the text to be written."""
        wanted = list(subjects)
        overlay = written(self.workspace, self.workspace.version(steps))
        if not wanted or not overlay:
            return {}
        self.cancellation.check()
        proofs = self.verifier.prove(overlay, wanted, self.targets)
        self.cancellation.check()
        return {
            subject: replace(proof, targets=moved(proof.targets, self.workspace, overlay))
            for subject, proof in proofs.items()
        }

    def timed(
        self, steps: Iterable[Step], proofs: Mapping[Subject, Proof]
    ) -> Mapping[Subject, Proof]:
        """Proofs of what `steps` lead to, with how long it takes."""
        self.cancellation.check()
        return self.verifier.timed(written(self.workspace, self.workspace.version(steps)), proofs)
