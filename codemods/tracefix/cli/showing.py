"""Where a plan's report goes, and in which format."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tracefix.cli.asked import Asked, Format, Misuse, Mode
from tracefix.cli.console import complain, has_colour, say, say_bytes, width_of
from tracefix.cli.version import version
from tracefix.config import Config
from tracefix.model import Plan, Source
from tracefix.report.concise import concise_report
from tracefix.report.diff import unified_diff
from tracefix.report.github import github_report
from tracefix.report.json import json_report
from tracefix.report.markdown import markdown_report
from tracefix.report.sarif import RulePage, sarif_report
from tracefix.report.statistics import statistics_report
from tracefix.report.text import text_report, troubles
from tracefix.report.view import View
from tracefix.sources import encode

FOR_PEOPLE = frozenset({Format.TEXT, Format.CONCISE})


@dataclass(frozen=True)
class Shown:
    """What there is to show: a plan, the files written, and where it was asked for."""

    plan: Plan
    written: tuple[str, ...]
    config: Config
    stdin: Source | None  # the source that was read there, if one was
    cwd: Path

    def view(self, stream: TextIO | None) -> View:
        """What a report for `stream` is made for; None for a file."""
        width, colour = (80, False) if stream is None else (width_of(stream), has_colour(stream))
        return View(self.config.root, self.cwd, width, colour, self.config.verbosity > 0)


def show(shown: Shown, asked: Asked) -> None:
    """The patch, or stdin's new text, on stdout; the report there too, or else where there is room.

    Raises Misuse where the report cannot be written to `asked.output`.
    """
    alone = asked.output is None and asked.format not in FOR_PEOPLE
    products = () if alone else tuple(_products(shown, asked))
    for product in products:
        say_bytes(product, sys.stdout)
    taken = asked.mode is Mode.DIFF or shown.stdin is not None
    stream = sys.stderr if taken and not alone else sys.stdout
    if asked.format in FOR_PEOPLE or asked.output is not None:
        for path in shown.written:
            say(f"wrote {shown.view(stream).path(path)}\n", stream)
    if asked.output is not None:
        _write(asked.output, _report(shown, asked, None))
    elif asked.format not in FOR_PEOPLE or shown.config.verbosity >= 0:
        say(_report(shown, asked, stream), stream)
    for line in troubles(shown.plan, shown.view(sys.stderr)):
        complain(line)


def _products(shown: Shown, asked: Asked) -> Iterator[bytes]:
    """What goes to stdout for another program: the patch, or the new text of stdin."""
    if asked.mode is Mode.DIFF:
        view = shown.view(sys.stdout)
        yield unified_diff(shown.plan, view).encode("utf-8", "surrogateescape")
    if asked.mode is Mode.APPLY and shown.stdin is not None:
        after = next((file.after for file in shown.plan.files), shown.stdin.text)
        yield encode(shown.stdin, after)


def _report(shown: Shown, asked: Asked, stream: TextIO | None) -> str:
    plan, view = shown.plan, shown.view(stream)
    show_cured = asked.mode is Mode.SHOW
    match asked.format:
        case Format.TEXT | Format.CONCISE if asked.statistics:
            return statistics_report(plan, view)
        case Format.TEXT:
            return text_report(plan, view, show_cured)
        case Format.CONCISE:
            return concise_report(plan, view, show_cured)
        case Format.JSON:
            return json_report(plan, shown.config.root, asked.statistics)
        case Format.GITHUB:
            return github_report(plan, _from_checkout(view))
        case Format.SARIF:
            return sarif_report(plan, _from_checkout(view), version(), _pages())
        case Format.MARKDOWN:
            return markdown_report(plan, view)


def _from_checkout(view: View) -> View:
    """GitHub takes paths from the top of the checkout, in whatever folder a step runs."""
    top = os.environ.get("GITHUB_WORKSPACE")
    return View(view.root, Path(top).resolve() if top else view.cwd)


def _pages() -> list[RulePage]:
    from tracefix.cli.listing import all_rules  # here, since it imports every rule, and LibCST
    from tracefix.rules.page import markdown

    return [RulePage(rule.slug, f"{rule.title}.", markdown(rule)) for rule in all_rules()]


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Misuse(f"--output: {file}: {(error.strerror or str(error)).lower()}") from error
