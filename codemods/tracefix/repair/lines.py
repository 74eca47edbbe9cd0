"""From the lines of a rewritten text back to those of the original."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from tracefix.model import Outcome, Place, Subject, Target
from tracefix.repair.workspace import Version, Workspace


def in_original(
    workspace: Workspace, version: Version, standing: Mapping[Subject, Mapping[Target, Outcome]]
) -> dict[Subject, Mapping[Target, Outcome]]:
    """The same outcomes with their places as in the original text."""
    return {
        subject: moved(outcomes, workspace, version.texts) for subject, outcomes in standing.items()
    }


def moved(
    outcomes: Mapping[Target, Outcome], workspace: Workspace, texts: Mapping[str, str]
) -> dict[Target, Outcome]:
    """Outcomes on rewritten `texts`, with their places as in the original text."""
    return {target: _moved(outcome, workspace, texts) for target, outcome in outcomes.items()}


def _moved(outcome: Outcome, workspace: Workspace, texts: Mapping[str, str]) -> Outcome:
    places = tuple(_place(place, workspace, texts) for place in outcome.places)
    notes = tuple(
        replace(note, place=note.place and _place(note.place, workspace, texts))
        for note in outcome.notes
    )
    return replace(outcome, places=places, notes=notes)


def _place(place: Place, workspace: Workspace, texts: Mapping[str, str]) -> Place:
    if place.path not in workspace.sources or place.path not in texts:
        return place
    lines = _line_map(texts[place.path], workspace.sources[place.path].text)
    moved = lines[min(place.line, len(lines)) - 1]
    return place if moved == place.line else replace(place, line=moved)


@lru_cache(maxsize=64)
def _line_map(after: str, before: str) -> tuple[int, ...]:
    """The original's line (from 1) for each line of a rewritten text: the nearest above it."""
    if after == before:
        return tuple(range(1, after.count("\n") + 2))
    old, new = before.splitlines(), after.splitlines()
    lines = [1] * max(1, len(new))
    for _tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for line in range(k, m):
            lines[line] = min(i + (line - k), max(i, j - 1)) + 1
    return tuple(min(line, max(1, len(old))) for line in lines)
