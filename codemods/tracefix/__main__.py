"""`python -m tracefix`."""

from __future__ import annotations

from tracefix.cli import main

main()
