"""The frozen values that all parts pass around; this file imports the standard library only."""

from __future__ import annotations

import enum
import hashlib
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

UNUSED = "unused-suppression"  # the slug of a finding about a comment that suppresses nothing


class Target(str, enum.Enum):
    """A form of capture that a module is brought to."""

    SCRIPT = "script"
    TRACE = "trace"


class Safety(enum.Enum):
    """What a fix promises before torch has looked at it."""

    SAFE = "safe"  # the same meaning in eager Python by construction
    PROVEN = "proven"  # applied only where verification passes
    ASK = "ask"  # changes an interface or the numbers drawn: only with --unsafe


class Status(str, enum.Enum):
    """What became of a subject."""

    KEPT = "kept"  # every target passed before, and passes still
    REPAIRED = "repaired"  # a target failed before; every target passes now
    BLOCKED = "blocked"  # a target fails still; findings say by what
    REJECTED = "rejected"  # every fix that could have helped changed behaviour: not written
    UNVERIFIED = "unverified"  # no example, or the original does not run here


@dataclass(frozen=True, order=True)
class Span:
    """A half-open range of character offsets in a source's text."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a character, or touch at an insertion point."""
        if self.start == self.end or other.start == other.end:
            return self.start <= other.end and other.start <= self.end
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, order=True)
class Place:
    """A position as Python's `ast` counts: line from 1, column in characters from 0."""

    path: str  # from the project's root with forward slashes; absolute outside of it
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column + 1}"


@dataclass(frozen=True)
class Source:
    """A Python file as it was read: its text decoded, its newlines as they are."""

    path: str  # from the project's root, with forward slashes
    text: str
    digest: str = ""  # of the file's bytes, to notice that it changed since
    encoding: str = "utf-8"
    bom: bool = False
    file: Path = field(default=Path(), compare=False)  # where it lies on disk
    ignored: frozenset[str] = frozenset()  # slugs that the settings silence in all of it

    @staticmethod
    def of(text: str, path: str = "module.py") -> Source:
        """A source from text alone (an editor's buffer, a test)."""
        return Source(path, text, hashlib.sha256(text.encode()).hexdigest(), file=Path(path))

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset of each line's first character; lines end as Python's tokenizer ends them."""
        return (0, *(ending.end() for ending in re.finditer(r"\r\n|\n|\r", self.text)))

    @property
    def newline(self) -> str:
        """The file's line ending: that of its first line."""
        first = self.text.partition("\n")[0]
        return "\r\n" if first.endswith("\r") and "\n" in self.text else "\n"

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its ending."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def offset(self, line: int, byte_column: int) -> int:
        """The character offset of an `ast` position, whose columns count UTF-8 bytes."""
        before = self.line(line).encode()[:byte_column]
        return self.line_starts[line - 1] + len(before.decode())

    def place(self, offset: int) -> Place:
        """The line and column of a character offset."""
        line = bisect_right(self.line_starts, offset)
        return Place(self.path, line, offset - self.line_starts[line - 1])


@dataclass(frozen=True)
class TextEdit:
    """Put `text` where `span` was. `path` names another file where it is not the finding's own."""

    span: Span
    text: str
    path: str | None = None


@dataclass(frozen=True)
class Fix:
    """A change that cures a finding."""

    title: str
    edits: tuple[TextEdit, ...]
    safety: Safety = Safety.PROVEN


@dataclass(frozen=True)
class Refusal:
    """Why this place is left alone."""

    reason: str
    span: Span | None = None


Remedy = Fix | Refusal


@dataclass(frozen=True, order=True)
class FixId:
    """Names one fix so that it can be found again in a text that other fixes have changed.

    `anchor` is the source of the node that the rule hit, and `ordinal` counts equal
    anchors of the same rule in the same scope from the top.
    """

    path: str
    rule: str
    scope: str  # qualified name of the function or class that was hit, or else of the one around it
    anchor: str
    ordinal: int = 0


@dataclass(frozen=True)
class Finding:
    """One place where a rule, or torch itself, has something to say."""

    rule: str  # slug, or the target's name where torch alone speaks
    path: str
    span: Span
    place: Place
    message: str
    blocks: frozenset[Target]
    remedy: Remedy | None  # None: detected, and no cure is known
    id: FixId | None = None

    @property
    def fix(self) -> Fix | None:
        return self.remedy if isinstance(self.remedy, Fix) else None


@dataclass(frozen=True, order=True)
class Subject:
    """A class or function that is verified."""

    path: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.path}::{self.qualname}"


@dataclass(frozen=True)
class Note:
    """Something to know of a trace that is right all the same: what it is fixed to."""

    text: str
    place: Place | None = None


@dataclass(frozen=True)
class Outcome:
    """How far a subject came, and what stopped it.

    `stage` is load, example, eager, compile, run, compare, state_dict, gradient, device ...;
    `places` are the compiler's, innermost first. `held` and `broke` name the inputs on which a
    captured form gave, and did not give, what the original does, as far as they were tried.
    """

    stage: str
    ok: bool
    error: str = ""
    places: tuple[Place, ...] = ()
    held: tuple[str, ...] = ()
    broke: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def place(self) -> Place | None:
        return self.places[0] if self.places else None


PASSED = Outcome("compare", True)


@dataclass(frozen=True)
class Observed:
    """The types that the run of an example really had, in TorchScript's terms where it has one.

    Keys are places in the original's text: `parameters` and `locals` by
    (path, function's qualified name, variable), `returns` by (path, function),
    `attributes` by (class as "path::qualname", attribute). Each holds every type seen, such as
    {"Tensor", "NoneType"}. `values` has the repr of plain attributes; `classes` says "module" and,
    of what decides on its own truth, "sized"; `methods` has what examples call beside forward.
    """

    parameters: Mapping[tuple[str, str, str], frozenset[str]] = field(default_factory=dict)
    locals: Mapping[tuple[str, str, str], frozenset[str]] = field(default_factory=dict)
    returns: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    attributes: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    values: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    methods: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dropped:
    """A fix that was tried and not kept, with the evidence against it."""

    fix: FixId
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What is known of one subject: each target before and after, and what was done to it."""

    subject: Subject
    before: Mapping[Target, Outcome] = field(default_factory=dict)
    after: Mapping[Target, Outcome] = field(default_factory=dict)
    fixes: tuple[FixId, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    trouble: Outcome | None = None  # why it could not be verified
    proven: tuple[str, ...] = ()  # what was compared: "values", "gradients", "meta", ...
    speed: float | None = None  # rewritten eager time over the original's
    example: str = ""  # where its example came from
    accepted: frozenset[Target] = frozenset()  # these fail by what comments say to leave alone

    @property
    def status(self) -> Status:
        if self.trouble is not None:
            return Status.UNVERIFIED
        if all(outcome.ok for outcome in self.after.values()):
            failed = any(not outcome.ok for outcome in self.before.values())
            return Status.REPAIRED if failed else Status.KEPT
        if self.dropped and not self.fixes:
            return Status.REJECTED
        return Status.BLOCKED


@dataclass(frozen=True)
class FilePlan:
    """A file before and after, and what was found in it."""

    source: Source
    after: str
    fixes: tuple[FixId, ...] = ()
    findings: tuple[Finding, ...] = ()
    trouble: str | None = None  # why the file was passed over
    suppressed: tuple[Finding, ...] = ()  # found, but the source or the settings say not to tell
    trouble_at: Place | None = None  # where in the file, if that is known

    @property
    def changed(self) -> bool:
        return self.after != self.source.text


@dataclass(frozen=True)
class Plan:
    """All that a front end needs to know."""

    files: tuple[FilePlan, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    troubles: tuple[str, ...] = ()  # a crash of the worker, an examples file that does not load
    seconds: float = 0.0
    cut_short: bool = False  # time ran out before all was tried that might repair more
    unsafe: bool = False  # fixes with Safety.ASK were tried too
