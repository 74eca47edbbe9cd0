"""The rules' pages as files, for clients to link to and open.

An installed tracefix has no other place for them than its rules' docstrings.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tracefix.model import Target
from tracefix.repair import unused
from tracefix.report.targets import page
from tracefix.rules import registry
from tracefix.rules.page import markdown


class Pages:
    """Writes a page when it is first asked for, into a folder that goes away with this."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tracefix-pages-")

    @property
    def folder(self) -> Path:
        return Path(self._folder.name)

    def text(self, slug: str) -> str | None:
        """The page of a rule or of a target as Markdown; None for another slug."""
        if slug in [target.value for target in Target]:
            return page(Target(slug))
        rules = (*registry(), unused.RULE)
        return next((markdown(rule) for rule in rules if rule.slug == slug), None)

    def uri(self, slug: str) -> str | None:
        """Where a rule's page lies; None where there is no rule of that name."""
        file = self.folder / f"{slug}.md"
        if not file.is_file():
            text = self.text(slug)
            if text is None:
                return None
            file.write_text(text, encoding="utf-8")
        return file.as_uri()

    def close(self) -> None:
        """Remove what was written."""
        self._folder.cleanup()
