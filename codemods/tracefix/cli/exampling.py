"""`tracefix examples`: for every class, where its example comes from."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping
from pathlib import Path

from tracefix.cli.asked import Asked, Exit, Format, Misuse, Mode
from tracefix.cli.checking import Work, read
from tracefix.cli.console import complain, has_colour, progress, say, width_of
from tracefix.config import EXAMPLES_FILE
from tracefix.facts import analyse
from tracefix.making import find_examples, runnable_subjects
from tracefix.model import Source, Subject
from tracefix.report.examples import examples_json, examples_text
from tracefix.report.examples_file import addition, to_write
from tracefix.report.view import View
from tracefix.sources import Undecodable, Unwritable, decode, snippets, write
from tracefix.verify.protocol import Tried
from tracefix.verify.recipe import Recipe
from tracefix.verify.starting import verifier_for


def run_examples(asked: Asked) -> Exit:
    """List every class with the origin of its example, and write what was made. Raises Misuse."""
    cwd = Path.cwd()
    work = read(asked, cwd)
    tried, troubles = _tried(work)
    if asked.format is Format.JSON:
        say(examples_json(tried), sys.stdout)
    else:
        root, width = work.config.root, width_of(sys.stdout)
        view = View(root, cwd, width, has_colour(sys.stdout))
        say(examples_text(tried, view), sys.stdout)
    if asked.mode is Mode.APPLY:
        written = _write(to_write(tried.values()), work)
        say(written, sys.stderr if asked.format is Format.JSON else sys.stdout)
    for line in (*work.found.troubles, *troubles):
        complain(line)
    if work.found.troubles or troubles:
        return Exit.ERROR
    return Exit.CLEAN if all(one.outcome.ok for one in tried.values()) else Exit.FINDINGS


def _write(recipes: Mapping[Subject, Recipe], work: Work) -> str:
    """Add the examples to the project's file of them; what was done, for a reader."""
    file = work.config.root / EXAMPLES_FILE
    if not recipes:
        return "nothing to write\n"
    try:
        existing = _existing(file)
        if existing is None:
            file.write_text(_formatted(addition(recipes)), encoding="utf-8")
        else:
            added = _formatted(addition(recipes, existing.text))
            write(existing, existing.text.rstrip() + "\n\n\n" + added)
    except (OSError, SyntaxError, Undecodable, Unwritable) as error:
        raise Misuse(f"{file}: {error}") from error
    told = f"wrote {len(recipes)} example{'s' * (len(recipes) != 1)} to {file.name}\n"
    taken = not work.config.examples or file.resolve() in {
        e.resolve() for e in work.config.examples
    }
    return told if taken else told + f"add {file.name} to `examples` for it to be used\n"


def _existing(file: Path) -> Source | None:
    return decode(file.read_bytes(), file.name, file) if file.is_file() else None


def _formatted(text: str) -> str:
    import black  # here, since only what is written needs it

    return black.format_str(text, mode=black.Mode(line_length=100))


def _tried(work: Work) -> tuple[dict[Subject, Tried], tuple[str, ...]]:
    """Every subject's example, tried, and the files that could not be read."""
    config = work.config
    facts, troubles = analyse(work.found.sources)
    subjects = runnable_subjects(facts)
    if not subjects:
        return {}, tuple(troubles.values())
    sources = {source.path: source for source in work.found.sources if source.path in facts}
    done = itertools.count(1)
    with (
        progress(config.verbosity >= 0) as report,
        verifier_for(config, sources) as verifier,
    ):

        def told(subject: Subject) -> None:
            if report is not None:
                report("examples", next(done), len(subjects))

        shown = snippets(config.root, sources)
        tried = find_examples(verifier, facts, subjects, shown, told)
    return tried, tuple(troubles.values())
