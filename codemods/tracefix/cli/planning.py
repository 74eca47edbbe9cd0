"""From sources to a plan: each project's own, with the user's choice where it was asked for."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tracefix.cli.asked import Asked, Misuse
from tracefix.cli.console import has_colour, progress, width_of
from tracefix.cli.projects import by_project, together
from tracefix.config import BadConfig, Config
from tracefix.model import UNUSED, FixId, Plan, Source
from tracefix.report.view import View
from tracefix.sources import Found, located

if TYPE_CHECKING:
    from tracefix.repair import Draft


def known_slugs() -> set[str]:
    """The rules, and what looks at the comments that suppress them."""
    from tracefix.rules import registry  # here, since it imports every rule, and LibCST

    return {UNUSED, *(rule.slug for rule in registry())}


def plan_for(found: Found, config: Config, asked: Asked, cwd: Path) -> Plan:
    """What to do about some sources. Raises Misuse."""
    named = {located(path) for path in asked.paths if path.is_file()}
    try:
        groups = by_project(found.sources, config, asked.options, known_slugs, cwd, named)
    except BadConfig as error:
        raise Misuse(str(error)) from error
    plan_one = _interactive if asked.interactive else _plan
    parts = [(own.root, plan_one(sources, own, cwd)) for own, sources in groups if sources]
    plan = together(parts, config.root)
    return replace(plan, troubles=(*found.troubles, *plan.troubles))


def _plan(sources: tuple[Source, ...], config: Config, cwd: Path) -> Plan:
    from tracefix.repair import make_plan  # here, since it imports LibCST

    with progress(config.verbosity >= 0) as report:
        return make_plan(sources, config, report)


def _interactive(sources: tuple[Source, ...], config: Config, cwd: Path) -> Plan:
    """The plan with those of its fixes that the user at the terminal takes."""
    from tracefix.cli.interactive import chooser  # here, since they import LibCST
    from tracefix.repair import draw_up

    with progress(config.verbosity >= 0) as report:
        choose = chooser(View(config.root, cwd, width_of(sys.stdout), has_colour(sys.stdout)))

        def hidden(draft: Draft) -> list[FixId]:
            with report.hidden() if report is not None else nullcontext():
                return choose(draft)

        return draw_up(sources, config, report, choose=hidden).plan
