"""Which folder is the project's root: every path that is shown, or matched, counts from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_OF_ROOTS = ("pyproject.toml", "tracefix_examples.py")
_OF_HOMES = ("pyproject.toml", ".git", "setup.py", "setup.cfg", "hubconf.py")


def located(path: Path) -> Path:
    """The absolute path, symbolic links followed up to the last name, which stays as given.

    A link to a file keeps its own name, so that messages say what the user said; a folder is
    followed wholly, so that its files have one name however they were reached.
    """
    absolute = path.absolute()
    return absolute.resolve() if absolute.is_dir() else absolute.parent.resolve() / absolute.name


def find_root(paths: Sequence[Path], cwd: Path) -> Path:
    """The root of the project that holds `paths` (located, see above).

    The folder of the nearest pyproject.toml above what the paths have in common, or else of the
    nearest file of examples, whose paths count from where it lies; else `cwd` where it holds them
    all; else the folder in which the topmost package around them lies.
    """
    common = _common_folder(paths) if paths else cwd
    for name in _OF_ROOTS:
        for folder in (common, *common.parents):
            if (folder / name).is_file():
                return folder
    if common.is_relative_to(cwd):
        return cwd
    while (common / "__init__.py").is_file():
        common = common.parent
    return common


def home_of(root: Path) -> Path:
    """The folder around a root that has the project's tests and README; often the root itself.

    Without a pyproject.toml a run in a sub-folder has that folder for its root.
    """
    for folder in (root, *root.parents):
        if any((folder / name).exists() for name in _OF_HOMES):
            return folder
    return root


def _common_folder(paths: Sequence[Path]) -> Path:
    folders = [path if path.is_dir() else path.parent for path in paths]
    return Path(os.path.commonpath(folders))
