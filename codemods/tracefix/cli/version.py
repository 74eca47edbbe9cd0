"""Which tracefix this is."""

from __future__ import annotations

import importlib.metadata


def version() -> str:
    """The installed version; a word that says so where it is run from its source folder."""
    try:
        return importlib.metadata.version("tracefix")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
