"""The command line: this package alone prints, writes files and sets exit codes."""

from __future__ import annotations

from tracefix.cli.commands import main

__all__ = ["main"]
