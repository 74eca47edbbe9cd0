"""The commands and their options.

`tracefix [PATH...]` is one typer application and the subcommands another: the first word tells
which is meant, so that every path but those few words can be given as it is. What is slow to
import (LibCST, black) is imported by the command that needs it: `--help` comes at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from tracefix.cli import options
from tracefix.cli.asked import Asked, Exit, Format, Listing, Misuse, Mode
from tracefix.cli.console import close_broken_pipe, complain
from tracefix.cli.version import version

_SUBCOMMANDS = ("examples", "explain", "lsp", "rules")
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
    application(args=options.with_values(words), prog_name="tracefix")


def _guarded(command: Callable[[], int]) -> typer.Exit:
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
    typer.echo(f"tracefix {version()}")
    raise typer.Exit


@_checker.command(epilog=_EPILOG)
def check(
    paths: options.Paths = None,
    diff: options.Diff = False,
    apply: options.Apply = False,
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
    memory: options.Memory = None,
    format: options.FormatOption = Format.TEXT,
    output: options.Output = None,
    stdin_filename: options.StdinFilename = None,
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
        "memory": memory,
        "verbosity": int(verbose) - int(quiet) or None,
    }

    def run() -> Exit:
        from tracefix.cli.checking import run_check

        mode = _mode(diff, apply or (add_ignore is not None and not diff))
        asked = Asked(
            tuple(paths or ()), mode, format, settings, stdin_filename, add_ignore, output
        )
        return run_check(asked)

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


@_subcommands.command()
def examples(
    paths: options.FilesAndFolders = None,
    listed: options.Listed = False,
    exclude: options.Exclude = None,
    examples: options.Examples = None,
    python: options.Python = None,
    jobs: options.Jobs = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    format: options.ListFormat = Listing.TEXT,
    quiet: options.Quiet = False,
) -> None:
    """Find or make an example for every module class, and say where it comes from."""
    given = {
        "exclude": exclude or None,
        "examples": examples or None,
        "python": python,
        "jobs": jobs,
        "timeout": timeout,
        "memory": memory,
        "verbosity": -1 if quiet else None,
    }

    def run() -> Exit:
        from tracefix.cli.exampling import run_examples

        return run_examples(Asked(tuple(paths or ()), Mode.SHOW, Format(format.value), given))

    raise _guarded(run)


@_subcommands.command()
def lsp(
    tcp: Annotated[
        int | None,
        typer.Option(
            help="Serve on this port of the loopback instead of stdin and stdout, for debugging.",
            metavar="PORT",
            min=1,
            max=65535,
        ),
    ] = None,
) -> None:
    """Serve an editor by the Language Server Protocol."""

    def run() -> int:
        from tracefix.lsp.serving import serve

        try:
            return 0 if serve(tcp) else 1  # as the protocol has it
        except OSError as error:
            raise Misuse(f"--tcp {tcp}: {error.strerror}") from error

    raise _guarded(run)


def _mode(diff: bool, apply: bool) -> Mode:
    if diff and apply:
        raise Misuse("--diff and --apply: choose one")
    return Mode.DIFF if diff else Mode.APPLY if apply else Mode.SHOW
