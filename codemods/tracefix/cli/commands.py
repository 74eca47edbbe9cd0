"""The commands and their options.

`tracefix [PATH...]` is one typer application and the subcommands another: the first word tells
which is meant, so that every path but those few words can be given as it is. What is slow to
import (LibCST, black) is imported by the command that needs it: `--help` comes at once.
"""

from __future__ import annotations

import importlib.metadata
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tracefix.cli.asked import Asked, Exit, Format, Misuse, Mode
from tracefix.cli.console import close_broken_pipe, complain

_SUBCOMMANDS = ("explain", "rules")
_EPILOG = (
    "Also: [bold]tracefix rules[/bold] lists the rules, [bold]tracefix explain SLUG[/bold] tells "
    "all about one. Exit codes: 0 nothing found or left, 1 something is, 2 an error."
)

_checker = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
)
_subcommands = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """The program `tracefix`; raises SystemExit with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    application = _subcommands if words[:1] and words[0] in _SUBCOMMANDS else _checker
    application(args=words, prog_name="tracefix")


def _guarded(command: Callable[[], Exit]) -> typer.Exit:
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


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        version = importlib.metadata.version("tracefix")
    except importlib.metadata.PackageNotFoundError:  # run from its source folder
        version = "(not installed)"
    typer.echo(f"tracefix {version}")
    raise typer.Exit


_WHAT, _PROOF = "What to look for", "Verification"  # panels of --help


@_checker.command(epilog=_EPILOG)
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders; the current folder if none, - for stdin."),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what would change, as a patch for git apply.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write what would change.")] = False,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="Bring modules to this; both if not given.",
            metavar="script|trace",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(help="Only these rules.", metavar="SLUG", rich_help_panel=_WHAT),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Not these rules.", metavar="SLUG", rich_help_panel=_WHAT),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Pass over what matches GLOB.", metavar="GLOB", rich_help_panel=_WHAT),
    ] = None,
    everything: Annotated[
        bool | None,
        typer.Option("--all", help="Also what blocks no target.", rich_help_panel=_WHAT),
    ] = None,
    unsafe: Annotated[
        bool | None,
        typer.Option(
            "--unsafe", help="Also fixes that change an interface.", rich_help_panel=_WHAT
        ),
    ] = None,
    examples: Annotated[
        list[str] | None,
        typer.Option(help="How to run your modules.", metavar="FILE", rich_help_panel=_PROOF),
    ] = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Findings alone: no torch.", rich_help_panel=_PROOF)
    ] = False,
    python: Annotated[
        str | None,
        typer.Option(
            help="The interpreter that has your packages.", metavar="EXE", rich_help_panel=_PROOF
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="How many at a time.", rich_help_panel=_PROOF)
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds for each module.", rich_help_panel=_PROOF)
    ] = None,
    memory: Annotated[
        int | None, typer.Option(help="MB for each module.", rich_help_panel=_PROOF)
    ] = None,
    format: Annotated[Format, typer.Option(help="For people or programs.")] = Format.TEXT,
    stdin_filename: Annotated[
        Path | None, typer.Option(help="Read stdin, as the text of FILE.", metavar="FILE")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No report.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Make PyTorch code that torch.jit.script and torch.jit.trace take, proven to be the same."""
    options = {
        "targets": _split(target),
        "select": _split(select),
        "ignore": _split(ignore),
        "exclude": exclude or None,
        "all": everything,
        "unsafe": unsafe,
        "examples": examples or None,
        "verify": False if no_verify else None,
        "python": python,
        "jobs": jobs,
        "timeout": timeout,
        "memory": memory,
        "verbosity": int(verbose) - int(quiet) or None,
    }

    def run() -> Exit:
        from tracefix.cli.checking import run_check

        mode = _mode(diff, apply)
        return run_check(Asked(tuple(paths or ()), mode, format, options, stdin_filename))

    raise _guarded(run)


@_subcommands.command()
def rules() -> None:
    """List the rules: slug, the targets that the pattern blocks, safety, title."""

    def run() -> Exit:
        from tracefix.cli.listing import list_rules

        return list_rules()

    raise _guarded(run)


@_subcommands.command()
def explain(
    slug: Annotated[str, typer.Argument(help="A rule, as `tracefix rules` lists it.")],
) -> None:
    """Tell all about one rule."""

    def run() -> Exit:
        from tracefix.cli.listing import explain_rule

        return explain_rule(slug)

    raise _guarded(run)


def _mode(diff: bool, apply: bool) -> Mode:
    if diff and apply:
        raise Misuse("--diff and --apply: choose one")
    return Mode.DIFF if diff else Mode.APPLY if apply else Mode.SHOW


def _split(words: list[str] | None) -> list[str] | None:
    """An option that may be given twice, or once with commas."""
    if not words:
        return None
    return [part.strip() for word in words for part in word.split(",") if part.strip()]
