"""Projects within a project: the nearest pyproject.toml with settings has the say over a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from tracefix.config import Config, has_settings, load_config
from tracefix.model import FilePlan, Plan, Source
from tracefix.sources import path_from
from tracefix.sources.ignoring import excluding

_T = TypeVar("_T")
_Slugs = Callable[[], Collection[str]]


def by_project(
    sources: tuple[Source, ...],
    config: Config,
    options: Mapping[str, object],
    slugs: _Slugs,
    cwd: Path,
    named: Collection[Path],
) -> list[tuple[Config, tuple[Source, ...]]]:
    """The sources in groups, each with the settings of its own project, the outermost first.

    A folder below the root whose pyproject.toml has [tool.tracefix] is a project of its own: paths
    count from there, and so does what it excludes, but for files that were `named`. Raises
    BadConfig.
    """
    groups: dict[Path, list[Source]] = {}
    known: dict[Path, Path] = {}
    for source in sources:
        groups.setdefault(_project(source.file.parent, config.root, known), []).append(source)
    found = []
    for root, held in sorted(groups.items()):
        if root == config.root:
            found.append((config, tuple(held)))
            continue
        own = load_config(root, options, slugs, cwd)
        excludes = excluding(own.exclude, root)
        kept = (s for s in held if s.file in named or not excludes.hide(s.file, False))
        found.append((own, tuple(replace(s, path=path_from(root, s.file)) for s in kept)))
    return found


def _project(folder: Path, root: Path, known: dict[Path, Path]) -> Path:
    """The nearest folder with settings from `folder` up to the root; the root outside of it."""
    if folder == root or not folder.is_relative_to(root):
        return root
    if folder not in known:
        own = has_settings(folder / "pyproject.toml")
        known[folder] = folder if own else _project(folder.parent, root, known)
    return known[folder]


def together(parts: list[tuple[Path, Plan]], root: Path) -> Plan:
    """The plans of several projects as one, whose paths count from `root`."""
    plans = [_rebased(plan, path_from(root, folder)) for folder, plan in parts]
    return Plan(
        tuple(sorted((f for p in plans for f in p.files), key=lambda file: file.source.path)),
        tuple(verdict for plan in plans for verdict in plan.verdicts),
        tuple(trouble for plan in plans for trouble in plan.troubles),
        sum(plan.seconds for plan in plans),
        any(plan.cut_short for plan in plans),
        all(plan.unsafe for plan in plans),
    )


def _rebased(value: _T, prefix: str) -> _T:
    """A part of a plan with every `path` in it below `prefix`; those that are absolute stay."""
    if prefix in ("", "."):
        return value
    result: Any = value
    if isinstance(value, Mapping):
        result = {_rebased(key, prefix): _rebased(one, prefix) for key, one in value.items()}
    elif isinstance(value, tuple):
        result = tuple(_rebased(one, prefix) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: _field(f.name, getattr(value, f.name), prefix) for f in fields(value)}
        if isinstance(value, FilePlan) and value.trouble is not None:
            told = value.trouble  # which may name the file again
            again = told.startswith(f"{value.source.path}:")
            changes["trouble"] = _field("path", told, prefix) if again else told
        result = replace(value, **changes)
    return result  # type: ignore[no-any-return]


def _field(name: str, value: object, prefix: str) -> object:
    if name == "path" and isinstance(value, str):
        return value if PurePosixPath(value).is_absolute() else f"{prefix}/{value}"
    return _rebased(value, prefix)
