"""The commands and their options.

`tracefix [PATH...]` is one typer application and the subcommands another: the first word tells
which is meant, so that every path but those few words can be given as it is. What is slow to
import (LibCST, black) is imported by the command that needs it: `--help` comes at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from tracefix.cli import options
from tracefix.cli.asked import Asked, Exit, Format, Misuse, Mode
from tracefix.cli.completing import SUBCOMMANDS, finished_words
from tracefix.cli.guarding import guarded
from tracefix.cli.subcommands import subcommands
from tracefix.cli.version import version

_EPILOG = (
    "Also: [bold]tracefix rules[/bold] lists the rules, [bold]tracefix explain SLUG[/bold] tells "
    "all about one, [bold]tracefix doctor[/bold] says what works here, [bold]tracefix lsp[/bold] "
    "serves an editor. Exit codes: 0 nothing found or left, 1 something is, 2 an error."
)
# Parsed files are millions of objects that live on, which the collector would go through for each
# few hundred new ones.
_OBJECTS = 200_000

_checker = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")


def main(arguments: Sequence[str] | None = None) -> None:
    """The program `tracefix`; raises SystemExit with its exit code."""
    gc.set_threshold(_OBJECTS)
    words = list(sys.argv[1:] if arguments is None else arguments)
    first = next(iter(words or finished_words(os.environ)), None)
    application = subcommands if first in SUBCOMMANDS else _checker
    application(args=options.with_values(words), prog_name="tracefix")


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    typer.echo(f"tracefix {version()}")
    raise typer.Exit


@_checker.command(epilog=_EPILOG)
def check(
    paths: options.Paths = None,
    diff: options.Diff = False,
    apply: options.Apply = False,
    interactive: options.Interactive = False,
    add_ignore: options.AddIgnore = None,
    target: options.Targets = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    per_file_ignores: options.PerFileIgnores = None,
    exclude: options.Exclude = None,
    everything: options.All = None,
    unsafe: options.Unsafe = None,
    examples: options.Examples = None,
    no_verify: options.NoVerify = False,
    python: options.Python = None,
    jobs: options.Jobs = None,
    timeout: options.Timeout = None,
    time_limit: options.TimeLimit = None,
    memory: options.Memory = None,
    rtol: options.RelativeTolerance = None,
    atol: options.AbsoluteTolerance = None,
    strict_trace: options.StrictTrace = None,
    format: options.FormatOption = Format.TEXT,
    output: options.Output = None,
    stdin_filename: options.StdinFilename = None,
    statistics: options.Statistics = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Make PyTorch code that torch.jit.script and torch.jit.trace take, proven to be the same."""
    settings = {
        "targets": options.split(target),
        "select": options.split(select),
        "ignore": options.split(ignore),
        "per_file_ignores": per_file_ignores or None,
        "exclude": exclude or None,
        "all": everything,
        "unsafe": unsafe,
        "examples": examples or None,
        "verify": False if no_verify else None,
        "python": python,
        "jobs": jobs,
        "timeout": timeout,
        "time_limit": time_limit,
        "memory": memory,
        "rtol": rtol,
        "atol": atol,
        "strict_trace": strict_trace,
        "verbosity": int(verbose) - int(quiet) or None,
    }

    def run() -> Exit:
        from tracefix.cli.checking import run_check

        mode = _mode(diff, apply, interactive, add_ignore is not None)
        asked = Asked(
            tuple(paths or ()),
            mode,
            format,
            settings,
            stdin_filename,
            add_ignore,
            output,
            statistics,
            interactive,
        )
        return run_check(asked)

    raise guarded(run)


def _mode(diff: bool, apply: bool, interactive: bool, add_ignore: bool) -> Mode:
    """What is done with the plan. Raises Misuse where the options say two things."""
    asked = {"--diff": diff, "--apply": apply, "--interactive": interactive}
    given = [name for name, is_given in asked.items() if is_given]
    if add_ignore and interactive:
        given.append("--add-ignore")
    if len(given) > 1:
        raise Misuse(f"{' and '.join(given)}: choose one")
    return Mode.DIFF if diff else Mode.APPLY if given or add_ignore else Mode.SHOW
