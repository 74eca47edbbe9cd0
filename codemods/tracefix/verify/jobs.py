"""Which jobs a question to the worker comes to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from tracefix.model import Subject, Target
from tracefix.verify.protocol import Proof
from tracefix.verify.request import Job, Step


def by_file(subjects: Iterable[Subject]) -> dict[str, list[Subject]]:
    """The subjects, by the file that they are in."""
    files: dict[str, list[Subject]] = {}
    for subject in subjects:
        files.setdefault(subject.path, []).append(subject)
    return files


def firsts(
    group: Iterable[Subject], targets: tuple[Target, ...], references: Mapping[Subject, str]
) -> list[Job]:
    """The jobs that record the originals, and hold what targets make of them against that."""
    wanted = dict.fromkeys(group, targets)
    records = [Job(s, Step.RECORD, references[s]) for s in wanted]
    return records + captures(wanted, references, full=False, every=True)


def checks(
    wanted: Mapping[Subject, tuple[Target, ...]], references: Mapping[Subject, str], full: bool
) -> list[Job]:
    """The jobs that hold a rewritten tree against the original, at some targets each."""
    left = {s: checkpoint(references[s]) if full else "" for s in wanted}
    compare = [Job(s, Step.COMPARE, references[s], full=full, checkpoint=left[s]) for s in wanted]
    return compare + captures(wanted, references, full)


def captures(
    wanted: Mapping[Subject, tuple[Target, ...]],
    references: Mapping[Subject, str],
    full: bool,
    *,
    every: bool = False,
) -> list[Job]:
    """The jobs that hold some targets' forms against the original, a proof's on every input."""
    return [
        Job(subject, Step.CAPTURE, references[subject], target, full, full or every)
        for subject, targets in wanted.items()
        for target in targets
    ]


def doubtful(
    proofs: Iterable[Proof], passed: Mapping[Subject, Collection[Target]]
) -> dict[Subject, tuple[Target, ...]]:
    """The targets that do not take the rewritten, and took the original (`passed`)."""
    return {
        proof.subject: tuple(
            target
            for target, outcome in proof.targets.items()
            if not outcome.ok and target in passed[proof.subject]
        )
        for proof in proofs
    }


def checkpoint(reference: str) -> str:
    """Where the rewritten's state_dict is left for the original to load."""
    return f"{reference}.checkpoint"
