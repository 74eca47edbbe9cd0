"""The commands beside the main one: `tracefix rules`, `explain`, `examples`, `doctor`, `lsp`."""

from __future__ import annotations

from typing import Annotated

import typer

from tracefix.cli import completing, options
from tracefix.cli.asked import Asked, Exit, Format, Listing, Misuse, Mode
from tracefix.cli.guarding import guarded

subcommands = typer.Typer(pretty_exceptions_enable=False)


@subcommands.command()
def rules(
    format: options.ListFormat = Listing.TEXT,
) -> None:
    """List the rules: slug, the targets that the pattern blocks, safety, title."""

    def run() -> Exit:
        from tracefix.cli.listing import list_rules

        return list_rules(format)

    raise guarded(run)


@subcommands.command()
def explain(
    slug: Annotated[
        str,
        typer.Argument(
            help="A rule, as `tracefix rules` lists it.", autocompletion=completing.slug
        ),
    ],
) -> None:
    """Tell all about one rule."""

    def run() -> Exit:
        from tracefix.cli.listing import explain_rule

        return explain_rule(slug)

    raise guarded(run)


@subcommands.command()
def examples(
    paths: options.FilesAndFolders = None,
    listed: options.Listed = False,
    write: options.WriteExamples = False,
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

        mode = Mode.APPLY if write else Mode.SHOW
        return run_examples(Asked(tuple(paths or ()), mode, Format(format.value), given))

    raise guarded(run)


@subcommands.command()
def doctor(
    python: Annotated[
        str | None,
        typer.Option(help="The interpreter that has your packages.", metavar="EXE"),
    ] = None,
) -> None:
    """Say what is installed, what the settings are, and whether verification works here."""

    def run() -> Exit:
        from tracefix.cli.doctoring import examine

        return examine(python)

    raise guarded(run)


@subcommands.command()
def lsp(
    tcp: Annotated[
        int | None,
        typer.Option(
            help="Serve the first client on this port of the loopback (0: any), for debugging.",
            metavar="PORT",
            min=0,
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

    raise guarded(run)
