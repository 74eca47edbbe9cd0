"""One run: read the sources, ask for a plan, show it or write it, and say how it went."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tracefix.cli.asked import Asked, Exit, Format, Misuse, Mode
from tracefix.cli.planning import known_slugs, plan_for
from tracefix.cli.showing import FOR_PEOPLE, Shown, show
from tracefix.cli.suppressing import with_comments
from tracefix.cli.together import changed_together
from tracefix.config import BadConfig, Config, load_config
from tracefix.model import FilePlan, Plan, Source
from tracefix.report.standing import has_findings, leaves_blocked
from tracefix.sources import (
    BadPath,
    Found,
    Undecodable,
    Unwritable,
    decode,
    discover,
    encode,
    find_root,
    located,
    must_exist,
    names_torch,
    path_from,
    write_together,
)

_STDIN = Path("-")


@dataclass(frozen=True)
class Work:
    """What a run is about; `stdin` is the source that was read there, if one was."""

    config: Config
    found: Found
    stdin: Source | None = None


def run_check(asked: Asked) -> Exit:
    """`tracefix [PATH...]`, with --diff or --apply or neither. Raises Misuse."""
    cwd = Path.cwd()
    work = read(asked, cwd)
    _check_output(asked, work)
    plan = plan_for(work.found, work.config, asked, cwd)
    if asked.add_ignore is not None:
        plan = with_comments(plan, asked.add_ignore)
    plan = _without_unwritable(plan)
    written: tuple[str, ...] = ()
    if asked.mode is Mode.APPLY and work.stdin is None:
        plan, written = _write(plan)
    show(Shown(plan, written, work.config, work.stdin, cwd), asked)
    return _exit_code(plan, asked.mode)


def read(asked: Asked, cwd: Path) -> Work:
    """The sources and settings that a command line asks for. Raises Misuse."""
    if asked.add_ignore is not None and not asked.add_ignore.isprintable():
        raise Misuse("--add-ignore: the reason must be one line")
    if asked.interactive:
        _check_interactive(asked)
    if asked.statistics and asked.format not in (*FOR_PEOPLE, Format.JSON):
        raise Misuse(f"--statistics: not with --format {asked.format.value}")
    named = _stdin_filename(asked)
    places = [named] if named else list(asked.paths or (Path(),))
    try:
        if not named:
            must_exist(places)
        places = [located(place) for place in places]
        root = find_root(places, cwd)
        config = load_config(root, asked.options, known_slugs, cwd)
        if not named:
            return Work(config, discover(places, root, config.exclude))
        data = sys.stdin.buffer.read()
        source = decode(data, path_from(root, places[0]), places[0])
    except (BadConfig, BadPath) as error:
        raise Misuse(str(error)) from error
    except Undecodable as error:
        raise Misuse(f"{named}: {error}") from error
    return Work(config, Found((source,) if names_torch(data) else ()), source)


def _check_output(asked: Asked, work: Work) -> None:
    """What can be known to be wrong with --output before the work is done."""
    if asked.output is None:
        return
    file = located(asked.output)
    if not file.parent.is_dir():
        raise Misuse(f"--output: {asked.output.parent}: no such folder")
    if file.resolve() in {source.file.resolve() for source in work.found.sources}:
        raise Misuse(f"--output: {asked.output}: this is a file to look at")


def _check_interactive(asked: Asked) -> None:
    if asked.stdin_filename is not None or _STDIN in asked.paths:
        raise Misuse("--interactive: stdin is where the answers come from")
    if asked.format not in FOR_PEOPLE and asked.output is None:
        raise Misuse(f"--interactive: --format {asked.format.value} needs --output")
    if not sys.stdin.isatty():
        raise Misuse("--interactive: stdin is no terminal")


def _stdin_filename(asked: Asked) -> Path | None:
    """The name for what stdin holds; None where stdin is not to be read."""
    if asked.stdin_filename is None:
        if _STDIN in asked.paths:
            raise Misuse("reading stdin (-) needs --stdin-filename FILE")
        return None
    if set(asked.paths) - {_STDIN}:
        raise Misuse("--stdin-filename reads stdin: give no other path")
    if asked.mode is Mode.APPLY and asked.format not in FOR_PEOPLE and asked.output is None:
        raise Misuse(
            f"--apply prints stdin's new text: --format {asked.format.value} needs --output"
        )
    return asked.stdin_filename


def _without_unwritable(plan: Plan) -> Plan:
    """The plan without changes that a file's encoding cannot hold, nor what is tied to them."""
    undone: dict[str, FilePlan] = {}
    for group in changed_together(plan):
        causes = {file.source.path: cause for file in group if (cause := _unencodable(file))}
        for file in group if causes else ():
            path = file.source.path
            cause = causes.get(path, f"left as it is: goes with {', '.join(causes)}")
            undone[path] = replace(file, after=file.source.text, fixes=(), trouble=cause)
    return replace(plan, files=tuple(undone.get(file.source.path, file) for file in plan.files))


def _unencodable(file: FilePlan) -> str | None:
    try:
        encode(file.source, file.after)
    except Undecodable as error:
        return str(error)
    return None


def _write(plan: Plan) -> tuple[Plan, tuple[str, ...]]:
    """Write each group of files that go together; what cannot be written becomes a trouble."""
    written: list[str] = []
    failed: list[str] = []
    for group in changed_together(plan):
        try:
            write_together({file.source: file.after for file in group})
        except Unwritable as error:
            failed.append(f"{error}: not written")
        else:
            written += [file.source.path for file in group]
    return replace(plan, troubles=(*plan.troubles, *failed)), tuple(sorted(written))


def _exit_code(plan: Plan, mode: Mode) -> Exit:
    if plan.troubles or any(file.trouble for file in plan.files):
        return Exit.ERROR
    if mode is Mode.SHOW:
        return Exit.FINDINGS if has_findings(plan) else Exit.CLEAN
    differs = mode is Mode.DIFF and any(file.changed for file in plan.files)
    return Exit.FINDINGS if differs or leaves_blocked(plan) else Exit.CLEAN
