"""The options of `tracefix [PATH...]`, as typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracefix.cli import completing
from tracefix.cli.asked import Format, Listing

_WHAT, _PROOF = "What to look for", "Verification"  # panels of --help

Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Files and folders; the current folder if none, - for stdin.",
        autocompletion=completing.first_word,
    ),
]
FilesAndFolders = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Files and folders; the current folder if none.", autocompletion=completing.path
    ),
]
Listed = Annotated[
    bool, typer.Option("--list", help="Say for each class where its example comes from.")
]
WriteExamples = Annotated[
    bool, typer.Option("--write", help="Write what was made as tracefix_examples.py.")
]
Diff = Annotated[
    bool, typer.Option("--diff", help="Print what would change, as a patch for git apply.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Write what would change.")]
Interactive = Annotated[
    bool,
    typer.Option("--interactive", "-i", help="Show each fix and ask before writing it."),
]
AddIgnore = Annotated[
    str | None,
    typer.Option(
        "--add-ignore",
        help="Write a comment for each finding that suppresses it; with --diff, print them.",
        metavar="[=REASON]",
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        help="Bring modules to this; both if not given.",
        metavar="script|trace",
        autocompletion=completing.target,
        rich_help_panel=_WHAT,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        help="Only these rules.",
        metavar="SLUG",
        autocompletion=completing.slug,
        rich_help_panel=_WHAT,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        help="Not these rules.",
        metavar="SLUG",
        autocompletion=completing.slug,
        rich_help_panel=_WHAT,
    ),
]
PerFileIgnores = Annotated[
    list[str] | None,
    typer.Option(
        "--per-file-ignores",
        help="Not this rule in files that match GLOB.",
        metavar="GLOB:SLUG",
        rich_help_panel=_WHAT,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", help="Pass over what matches GLOB.", metavar="GLOB", rich_help_panel=_WHAT
    ),
]
All = Annotated[
    bool | None,
    typer.Option("--all", help="Also what blocks no target.", rich_help_panel=_WHAT),
]
Unsafe = Annotated[
    bool | None,
    typer.Option(
        "--unsafe",
        help="Also fixes that change an interface or random draws.",
        rich_help_panel=_WHAT,
    ),
]
Examples = Annotated[
    list[str] | None,
    typer.Option(
        "--examples", help="How to run your modules.", metavar="FILE", rich_help_panel=_PROOF
    ),
]
NoVerify = Annotated[
    bool, typer.Option("--no-verify", help="Findings alone: no torch.", rich_help_panel=_PROOF)
]
Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        help="The interpreter that has your packages.",
        metavar="EXE",
        rich_help_panel=_PROOF,
    ),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", help="How many at a time.", rich_help_panel=_PROOF)
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", help="Seconds for each module.", rich_help_panel=_PROOF)
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        help="Seconds of looking for repairs in each file; 0 for no limit.",
        rich_help_panel=_PROOF,
    ),
]
Memory = Annotated[
    int | None, typer.Option("--memory", help="MB for each module.", rich_help_panel=_PROOF)
]
RelativeTolerance = Annotated[
    float | None,
    typer.Option(
        "--rtol",
        help="Relative tolerance; by dtype if not given.",
        metavar="NUMBER",
        rich_help_panel=_PROOF,
    ),
]
AbsoluteTolerance = Annotated[
    float | None,
    typer.Option(
        "--atol",
        help="Absolute tolerance; by dtype if not given.",
        metavar="NUMBER",
        rich_help_panel=_PROOF,
    ),
]
StrictTrace = Annotated[
    bool | None,
    typer.Option(
        "--strict-trace/--no-strict-trace",
        help="Trace with strict=True: no lists or dicts as results.",
        show_default=False,
        rich_help_panel=_PROOF,
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="For people or programs.")]
ListFormat = Annotated[Listing, typer.Option("--format", help="For people or programs.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        help="Write the report to FILE.",
        metavar="FILE",
        autocompletion=completing.path,
    ),
]
StdinFilename = Annotated[
    Path | None,
    typer.Option(
        "--stdin-filename",
        help="Read stdin, as the text of FILE.",
        metavar="FILE",
        autocompletion=completing.path,
    ),
]
Statistics = Annotated[bool, typer.Option("--statistics", help="Count what is found, by rule.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No report.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]


def split(words: list[str] | None) -> list[str] | None:
    """An option that may be given twice, or once with commas."""
    if not words:
        return None
    return [part.strip() for word in words for part in word.split(",") if part.strip()]


def with_values(words: list[str]) -> list[str]:
    """The words with `--add-ignore` as `--add-ignore=`: its value is given with "=" or not at all.

    Otherwise the parser would take the path that follows for the reason.
    """
    end = words.index("--") if "--" in words else len(words)
    bare = ("--add-ignore=" if word == "--add-ignore" else word for word in words[:end])
    return [*bare, *words[end:]]
