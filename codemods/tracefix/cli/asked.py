"""What a user asks of a run on the command line, and what its exit code answers."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class Exit(enum.IntEnum):
    """What the process's exit code says."""

    CLEAN = 0  # nothing found; with --diff and --apply, nothing blocked is left
    FINDINGS = 1
    ERROR = 2
    INTERRUPTED = 130  # as a shell has it for a program that Ctrl-C ended
    BROKEN_PIPE = 141  # as a shell has it for one whose reader went away


class Mode(enum.Enum):
    """What is done with a plan."""

    SHOW = "show"
    DIFF = "diff"
    APPLY = "apply"


class Format(str, enum.Enum):
    """How a plan is told."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    MARKDOWN = "markdown"


class Listing(str, enum.Enum):
    """How a list is told."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True)
class Asked:
    """One run's words from the command line; `options` has Config's names, None for not given."""

    paths: tuple[Path, ...]
    mode: Mode
    format: Format
    options: Mapping[str, object]
    stdin_filename: Path | None = None
    add_ignore: str | None = None  # the reason to give; None where no comments are asked for
    output: Path | None = None  # the report's file; None for the terminal
    statistics: bool = False  # how often each rule found something, in place of where
    interactive: bool = False  # ask before each fix


class Misuse(Exception):
    """The command line asks for what cannot be; the message is for the user."""
