"""What the client and the worker say to each other.

Plain frozen values that go through a pipe; the standard library only, since the worker
runs under the user's interpreter, where nothing of ours but this package may be installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracefix.model import Observed, Outcome, Place, Subject, Target
from tracefix.verify.recipe import Recipe


@dataclass(frozen=True)
class Warned:
    """A warning that torch gave while it recorded a trace."""

    place: Place
    message: str


@dataclass(frozen=True)
class Baseline:
    """The original: whether its example runs, and what each target says to it."""

    subject: Subject
    eager: Outcome  # stages load, example, eager, deterministic
    targets: Mapping[Target, Outcome] = field(default_factory=dict)
    warned: tuple[Warned, ...] = ()  # TracerWarnings, at the user's lines
    observed: Observed = Observed()
    example: str = ""  # where the example came from: "user", "found", "recorded", "made" or ""
    cuda: bool = False  # whether the original ran only with cuda redirected to the CPU
    seconds: float = 0.0  # what its run and its targets took
    recorded: Mapping[Subject, Recipe] = field(default_factory=dict)  # for the classes below it
    late: bool = False  # there was no time to try its targets


@dataclass(frozen=True)
class Tried:
    """A subject's example: where it came from, whether it runs, and its text if nobody wrote it."""

    subject: Subject
    outcome: Outcome
    example: str = ""
    recipe: Recipe | None = None
    recorded: Mapping[Subject, Recipe] = field(default_factory=dict)  # for the classes below it


@dataclass(frozen=True)
class Attempt:
    """A rewritten tree, quickly: eager on the example, also on meta, and each target on all inputs."""

    subject: Subject
    eager: Outcome
    targets: Mapping[Target, Outcome] = field(default_factory=dict)
    warned: tuple[Warned, ...] = ()


@dataclass(frozen=True)
class Proof:
    """A rewritten tree, in full: all of what "verified" means."""

    subject: Subject
    outcome: Outcome  # the first thing that differs, with by how much; ok where nothing does
    targets: Mapping[Target, Outcome] = field(default_factory=dict)
    before: Mapping[Target, Outcome] = field(default_factory=dict)  # the original, asked as long
    proven: tuple[str, ...] = ()  # "values", "other values", "batch", "training", ...
    speed: float | None = None  # rewritten eager time over the original's
