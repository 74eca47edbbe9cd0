"""What ends a command, as an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

import typer

from tracefix.cli.asked import Exit, Misuse
from tracefix.cli.console import close_broken_pipe, complain


def guarded(command: Callable[[], int]) -> typer.Exit:
    """Run a command and turn whatever ends it into an exit code."""
    try:
        code = command()
        sys.stdout.flush()
    except Misuse as error:
        complain(str(error))
        code = Exit.ERROR
    except KeyboardInterrupt:
        complain("interrupted")
        code = Exit.INTERRUPTED
    except BrokenPipeError:
        close_broken_pipe()
        code = Exit.BROKEN_PIPE
    except Exception as error:  # a fault of ours, whose exit code must not read as "findings"
        traceback.print_exc()
        complain(f"internal error: {error}")
        code = Exit.ERROR
    return typer.Exit(code)
