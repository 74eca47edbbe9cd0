"""What the shell is offered while a command line is typed."""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Mapping, Sequence

from tracefix.model import Target

SUBCOMMANDS = ("doctor", "examples", "explain", "lsp", "rules")


def finished_words(environment: Mapping[str, str]) -> list[str]:
    """The words before the one that is being typed, without the program's name.

    They stand in the environment, as typer's shell scripts put them there; [] where no shell asks.
    """
    if "_TRACEFIX_COMPLETE" not in environment:
        return []
    if "COMP_WORDS" in environment:  # bash
        return _split(environment["COMP_WORDS"])[1 : int(environment.get("COMP_CWORD", "0"))]
    line = environment.get("_TYPER_COMPLETE_ARGS", "")
    words = _split(line)
    return words[1:] if line[-1:].isspace() else words[1:-1]


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that is not closed yet
        return line.split()


def first_word(incomplete: str) -> list[str]:
    """The subcommands that a first word may become, among the paths; else the shell's own paths."""
    names = [name for name in SUBCOMMANDS if incomplete and name.startswith(incomplete)]
    if not names or finished_words(os.environ):
        return []
    paths = glob.glob(glob.escape(incomplete) + "*")
    return [*names, *(path + os.sep if os.path.isdir(path) else path for path in sorted(paths))]


def path(incomplete: str) -> list[str]:
    """Nothing: the shell completes paths itself."""
    return []


def target(incomplete: str) -> list[str]:
    """The targets."""
    return _matching([each.value for each in Target], incomplete)


def slug(incomplete: str) -> list[str]:
    """The rules; after a comma, the next one."""
    from tracefix.cli.listing import all_rules  # here, since it imports every rule, and LibCST

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + each for each in _matching([r.slug for r in all_rules()], last)]


def _matching(words: Sequence[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
