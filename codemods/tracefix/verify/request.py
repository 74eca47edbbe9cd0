"""What the client asks of the worker."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from tracefix.model import Observed, Outcome, Subject, Target
from tracefix.verify.hints import Hints, Threshold
from tracefix.verify.protocol import Warned
from tracefix.verify.recipe import Recipe

LATE = "there was no time to try it"


@dataclass(frozen=True)
class Limits:
    """What one subject may use, and how many run at once."""

    seconds: float = 120.0
    memory_mb: int = 8192
    jobs: int = 2


@dataclass(frozen=True)
class Tolerance:
    """How far numbers may differ: as in torch.testing, None for each dtype's own.

    With `draws`, what Python's and numpy's generators would draw comes from torch's, so that code
    that draws there itself can be held against it. With `strict`, torch refuses to trace what gives
    back lists and dicts.
    """

    rtol: float | None = None
    atol: float | None = None
    draws: bool = False
    strict: bool = False


class Step(str, enum.Enum):
    """One thing done to a subject, in a process of its own."""

    RECORD = "record"  # the original runs, and what it gives is written down
    COMPARE = "compare"  # the rewritten runs, and is held against that
    CAPTURE = "capture"  # a target's form of it runs, and is held against that
    ADOPT = "adopt"  # the original loads the rewritten's checkpoint
    TIME = "time"  # how long the example takes
    MAKE = "make"  # an example is looked for
    TRY = "try"  # the example runs, the same twice


@dataclass(frozen=True)
class Job:
    """A step for a subject. `reference` is the file that RECORD writes and the others read."""

    subject: Subject
    step: Step
    reference: str
    target: Target | None = None
    full: bool = False  # also training mode, gradients, state_dict and the meta device
    every: bool = False  # CAPTURE goes on after a difference, to tell which inputs show one
    checkpoint: str = ""  # where COMPARE leaves the rewritten's state_dict for ADOPT
    seconds: float = 0.0  # of the processor's time, that MAKE may take

    @property
    def stage(self) -> str:
        """The stage of a job that dies without a word."""
        return "run" if self.step is Step.CAPTURE else "eager"


@dataclass(frozen=True)
class Importing:
    """How a file is imported: under which name, with which of the tree's folders on sys.path."""

    name: str
    dotted: bool  # as part of a package, by the import system; else by its path
    roots: tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """Jobs on one file of one tree, each to be answered by a `Report`."""

    root: str  # the tree's folder; paths are relative to it
    path: str
    importing: Importing
    jobs: tuple[Job, ...]
    examples: tuple[str, ...] = ()  # files to load first, where the server has not
    recipes: Mapping[Subject, Recipe] = field(default_factory=dict)  # for what has no example
    hints: Mapping[Subject, Hints] = field(default_factory=dict)  # for MAKE
    thresholds: Mapping[Subject, tuple[Threshold, ...]] = field(default_factory=dict)
    cuda: bool = False  # redirect cuda to the CPU
    seconds: float = math.inf  # for its jobs: what is late is not begun
    limits: Limits = Limits()
    tolerance: Tolerance = Tolerance()


@dataclass(frozen=True)
class Hello:
    """The first message: what the server loads once, before it forks."""

    examples: tuple[str, ...]
    project: tuple[str, ...]  # folders whose modules must not be loaded before the fork
    scratch: str  # a folder for temporary files, removed in the end


@dataclass(frozen=True)
class Preload:
    """Third-party modules to import before the next fork."""

    modules: tuple[str, ...]


@dataclass(frozen=True)
class Farewell:
    """The last message of a client that lives on; without it the server cleans up after both."""


@dataclass(frozen=True)
class Report:
    """The answer to a job."""

    outcome: Outcome
    warned: tuple[Warned, ...] = ()
    observed: Observed = Observed()
    example: str = ""
    proven: tuple[str, ...] = ()
    seconds: float = 0.0  # what the job took; of TIME, what one call took
    recipe: Recipe | None = None  # of MAKE, where one was found
    recorded: Mapping[Subject, Recipe] = field(default_factory=dict)  # of what ran below it
    needs_cuda: bool = False  # failed for want of CUDA alone
    cuda: bool = False  # came about with cuda redirected to the CPU
    late: bool = False  # not begun: the request's seconds were over
