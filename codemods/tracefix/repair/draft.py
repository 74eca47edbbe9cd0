"""A Plan together with what it takes to carry out a part of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tracefix.model import FixId, Plan, TextEdit
from tracefix.repair.layout import written
from tracefix.repair.workspace import Step, Workspace
from tracefix.rewrite.lower import difference


@dataclass(frozen=True, eq=False)
class Draft:
    """What a front end needs that lets its user choose among the fixes."""

    plan: Plan
    workspace: Workspace
    steps: Mapping[FixId, Step]  # of the fixes that the plan applies

    @property
    def fixes(self) -> tuple[FixId, ...]:
        """The fixes that the plan applies, each behind those that it may build on."""
        return tuple(c.id for c in self.workspace.version(self.steps.values()).done)

    def message(self, fix: FixId) -> str:
        """What was found where a fix of the plan is."""
        done = self.workspace.version(self.steps.values()).done
        return next((c.hit.message for c in done if c.id == fix), "")

    def texts(self, fixes: Collection[FixId]) -> dict[str, str]:
        """The files that some fixes alone change, as they would be written, by path.

        A fix need not be one that the plan applies: any finding's will do.
        """
        steps = [self.steps.get(fix, Step(fix)) for fix in fixes]
        return written(self.workspace, self.workspace.version(steps))

    def edits(self, fixes: Collection[FixId]) -> dict[str, tuple[TextEdit, ...]]:
        """The same as the smallest edits of the files' texts, in text order."""
        sources = self.workspace.sources
        texts = self.texts(fixes).items()
        return {path: tuple(difference(sources[path].text, text)) for path, text in texts}
