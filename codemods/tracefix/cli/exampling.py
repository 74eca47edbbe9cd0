"""`tracefix examples`: for every class, where its example comes from."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from tracefix.cli.asked import Asked, Exit, Format
from tracefix.cli.checking import Work, read
from tracefix.cli.console import complain, has_colour, progress, say, width_of
from tracefix.facts import analyse
from tracefix.making import find_examples, runnable_subjects
from tracefix.model import Subject
from tracefix.report.examples import examples_json, examples_text
from tracefix.report.view import View
from tracefix.verify.client import Limits, Verifier
from tracefix.verify.protocol import Tried


def run_examples(asked: Asked) -> Exit:
    """List every class with the origin of its example. Raises Misuse."""
    cwd = Path.cwd()
    work = read(asked, cwd)
    tried, troubles = _tried(work)
    if asked.format is Format.JSON:
        say(examples_json(tried), sys.stdout)
    else:
        root, width = work.config.root, width_of(sys.stdout)
        view = View(root, cwd, width, has_colour(sys.stdout))
        say(examples_text(tried, view), sys.stdout)
    for line in (*work.found.troubles, *troubles):
        complain(line)
    if work.found.troubles or troubles:
        return Exit.ERROR
    return Exit.CLEAN if all(one.outcome.ok for one in tried.values()) else Exit.FINDINGS


def _tried(work: Work) -> tuple[dict[Subject, Tried], tuple[str, ...]]:
    """Every subject's example, tried, and the files that could not be read."""
    config = work.config
    facts, troubles = analyse(work.found.sources)
    subjects = runnable_subjects(facts)
    if not subjects:
        return {}, tuple(troubles.values())
    sources = {source.path: source for source in work.found.sources if source.path in facts}
    limits = Limits(seconds=config.timeout, memory_mb=config.memory, jobs=config.jobs)
    done = itertools.count(1)
    with (
        progress(config.verbosity >= 0) as report,
        Verifier(config.root, sources, config.examples, config.python, limits) as verifier,
    ):

        def told(subject: Subject) -> None:
            if report is not None:
                report("examples", next(done), len(subjects))

        tried = find_examples(verifier, facts, subjects, told)
    return tried, tuple(troubles.values())
