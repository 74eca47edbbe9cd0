"""[tool.tracefix] in pyproject.toml and the command line's options, as one frozen Config."""

from __future__ import annotations

import difflib
import math
import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracefix.model import Target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXAMPLES_FILE = "tracefix_examples.py"  # taken where it lies in the project's root


class BadConfig(Exception):
    """A setting cannot be taken; the message names the file or option, the key and the cause."""


def _usable_processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # what this process may use, fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Config:
    """What a run was asked to do."""

    root: Path
    targets: tuple[Target, ...] = tuple(Target)
    select: frozenset[str] = frozenset()  # slugs; empty for every rule
    ignore: frozenset[str] = frozenset()
    all: bool = False  # also what blocks no target
    unsafe: bool = False  # also fixes with Safety.ASK
    examples: tuple[Path, ...] = ()
    verify: bool = True
    python: str = sys.executable
    jobs: int = _usable_processors()
    timeout: float = 120.0  # seconds that a subject may take
    time_limit: float = 240.0  # seconds to look for repairs, for each file; 0 for no limit
    memory: int = 8192  # MB that a subject may take
    rtol: float | None = None  # how far outputs may differ; None for what their dtype allows
    atol: float | None = None
    strict_trace: bool = False  # whether a trace may not give back lists and dicts
    exclude: tuple[str, ...] = ()  # globs in git's syntax, from the root
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()  # such a glob, and slugs
    verbosity: int = 0  # below 0 for -q, above for -v


@dataclass(frozen=True)
class _Setting:
    """One value, with what its reader needs to take it or to say why not."""

    value: object
    where: str  # "pyproject.toml: tool.tracefix.jobs" or "--jobs"
    base: Path  # the folder that relative paths count from
    slugs: Callable[[], Collection[str]]

    def bad(self, cause: str) -> BadConfig:
        return BadConfig(f"{self.where}: {cause}")


def load_config(
    root: Path,
    options: Mapping[str, object],
    slugs: Callable[[], Collection[str]],
    cwd: Path,
    named: Callable[[str], str] | None = None,
) -> Config:
    """The settings of the project at `root`, each replaced by its option where one is given.

    `options` has Config's names; None means not given. `slugs` gives the known rules; it is
    called only where a slug has to be checked. `named` says what the user calls an option, where
    that is not the command line's name for it. Raises BadConfig.
    """
    values: dict[str, Any] = {}
    file = root / "pyproject.toml"
    keys = {_key(name): name for name in _READERS}
    for key, value in _table(file).items():
        where = f"{file}: tool.tracefix.{key}"
        if key not in keys:
            raise BadConfig(f"{where}: unknown key{_suggestion(key, keys)}")
        values[keys[key]] = _READERS[keys[key]](_Setting(value, where, root, slugs))
    for key, value in options.items():
        if value is not None:
            values[key] = _READERS[key](_Setting(value, (named or _option_name)(key), cwd, slugs))
    if "examples" not in values and (root / EXAMPLES_FILE).is_file():
        values["examples"] = (root / EXAMPLES_FILE,)
    return Config(root, **values)


def has_settings(file: Path) -> bool:
    """Whether a pyproject.toml has settings of ours. Raises BadConfig where it is no TOML."""
    if not file.is_file():
        return False
    tool = _document(file).get("tool", {})
    return isinstance(tool, dict) and "tracefix" in tool


def _document(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (OSError, ValueError) as error:
        raise BadConfig(f"{file}: {error}") from error


def _table(file: Path) -> dict[str, object]:
    tool = _document(file).get("tool", {})
    table = tool.get("tracefix", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise BadConfig(f"{file}: tool.tracefix: must be a table")
    return table


def _key(name: str) -> str:
    """A field's name as pyproject.toml has it."""
    return name.replace("_", "-")


def _option_name(name: str) -> str:
    return {"targets": "--target", "verify": "--no-verify"}.get(name, f"--{_key(name)}")


def _suggestion(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _flag(setting: _Setting) -> bool:
    if not isinstance(setting.value, bool):
        raise setting.bad("must be true or false")
    return setting.value


def _whole_number(setting: _Setting) -> int:
    value = setting.value
    if not isinstance(value, int) or isinstance(value, bool):
        raise setting.bad("must be a whole number")
    return value


def _count(setting: _Setting) -> int:
    value = _whole_number(setting)
    if value < 1:
        raise setting.bad("must be at least 1")
    return value


def _seconds(setting: _Setting) -> float:
    value = setting.value
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not value > 0:
        raise setting.bad("must be a number of seconds above 0")
    return float(value)


def _zero_or_above(setting: _Setting) -> float:
    value = setting.value
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise setting.bad("must be a number, 0 or above")
    return float(value)


def _words(setting: _Setting) -> tuple[str, ...]:
    value = setting.value
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise setting.bad("must be a list of strings")
    return tuple(value)


def _targets(setting: _Setting) -> tuple[Target, ...]:
    """In the order that Target has them, whatever the order given."""
    known = [target.value for target in Target]
    words = _words(setting)
    for word in words:
        if word not in known:
            raise setting.bad(f"unknown target {word!r} (known: {', '.join(known)})")
    if not words:
        raise setting.bad("must name at least one target")
    return tuple(target for target in Target if target.value in words)


def _slugs(setting: _Setting) -> frozenset[str]:
    words = _words(setting)
    known = setting.slugs() if words else ()
    for word in words:
        if word not in known:
            raise setting.bad(f"unknown rule {word!r}{_suggestion(word, known)}")
    return frozenset(words)


def _per_file_ignores(setting: _Setting) -> tuple[tuple[str, frozenset[str]], ...]:
    """A table of lists of slugs by glob; an option has "GLOB:SLUG", several with commas."""
    value = setting.value
    if isinstance(value, Mapping):
        pairs = list(value.items())
    else:
        split = [word.rpartition(":") for word in _words(setting)]
        if not all(glob and slugs for glob, _, slugs in split):
            raise setting.bad("must be GLOB:SLUG")
        pairs = [(glob, [slug.strip() for slug in slugs.split(",")]) for glob, _, slugs in split]
    targets = {target.value for target in Target}  # a target's name is a slug of its own here

    def known() -> Collection[str]:
        return {*setting.slugs(), *targets}

    return tuple(
        (
            _globs(replace(setting, value=[glob]))[0],
            _slugs(replace(setting, value=slugs, slugs=known, where=f"{setting.where}.{glob!r}")),
        )
        for glob, slugs in pairs
    )


def _files(setting: _Setting) -> tuple[Path, ...]:
    files = tuple(setting.base / word for word in _words(setting))
    for file in files:
        if not file.is_file():
            raise setting.bad(f"{file}: no such file")
    return files


def _globs(setting: _Setting) -> tuple[str, ...]:
    from pathspec import GitIgnoreSpec  # here, since --help has no need of it

    words = _words(setting)
    try:
        GitIgnoreSpec.from_lines(words)
    except ValueError as error:
        raise setting.bad(str(error)) from error
    return words


def _interpreter(setting: _Setting) -> str:
    """A name is looked up on PATH; a path counts from where it was written."""
    if not isinstance(setting.value, str):
        raise setting.bad("must be a string")
    by_path = os.path.dirname(setting.value) != ""
    found = shutil.which(str(setting.base / setting.value) if by_path else setting.value)
    if found is None:
        raise setting.bad(f"{setting.value}: no such interpreter")
    return found


_READERS: dict[str, Callable[[_Setting], object]] = {
    "targets": _targets,
    "select": _slugs,
    "ignore": _slugs,
    "all": _flag,
    "unsafe": _flag,
    "examples": _files,
    "verify": _flag,
    "python": _interpreter,
    "jobs": _count,
    "timeout": _seconds,
    "time_limit": _zero_or_above,
    "rtol": _zero_or_above,
    "atol": _zero_or_above,
    "strict_trace": _flag,
    "memory": _count,
    "exclude": _globs,
    "per_file_ignores": _per_file_ignores,
    "verbosity": _whole_number,
}
