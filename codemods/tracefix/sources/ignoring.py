"""What is passed over: by .gitignore files, --exclude, places of tools; by slug, in some files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pathspec import GitIgnoreSpec

from tracefix.model import Source

# Folders of tools rather than of the project, as ruff's default exclude has them.
_FOLDERS_OF_TOOLS = frozenset(
    {"__pycache__", "__pypackages__", "build", "buck-out", "dist", "node_modules", "site-packages"}
)


@dataclass(frozen=True)
class Ignores:
    """Patterns in git's syntax, each set with the folder that it counts from, outermost first."""

    layers: tuple[tuple[Path, GitIgnoreSpec], ...] = ()

    def inside(self, folder: Path) -> Ignores:
        """These, and those of the .gitignore in `folder`."""
        file = folder / ".gitignore"
        if not file.is_file():
            return self
        lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        return Ignores((*self.layers, (folder, GitIgnoreSpec.from_lines(lines))))

    def hide(self, path: Path, is_folder: bool) -> bool:
        """Whether the innermost pattern that speaks of `path` says to pass over it."""
        for folder, spec in reversed(self.layers):
            relative = path.relative_to(folder).as_posix()
            decision = spec.check_file(relative + "/" if is_folder else relative).include
            if decision is not None:
                return decision
        return False


def ignores_above(folder: Path, root: Path) -> Ignores:
    """The .gitignore files from the repository's top (else the project's root) to `folder`.

    A folder that they hide was asked for by name, so they do not speak of what is in it.
    """
    lineage = (folder, *folder.parents)
    top = next((above for above in lineage if (above / ".git").exists()), root)
    ignores = Ignores()
    for above in reversed([one for one in folder.parents if one.is_relative_to(top)]):
        ignores = ignores.inside(above)
        child = lineage[lineage.index(above) - 1]
        if ignores.hide(child, is_folder=True):
            return Ignores()
    return ignores


def excluding(patterns: Sequence[str], root: Path) -> Ignores:
    """--exclude's globs: in git's syntax, counted from the project's root."""
    return Ignores(((root, GitIgnoreSpec.from_lines(patterns)),) if patterns else ())


def silenced(
    sources: Sequence[Source], ignores: Sequence[tuple[str, frozenset[str]]]
) -> tuple[Source, ...]:
    """The sources with the slugs that the settings silence in them, by globs in git's syntax."""
    specs = [(GitIgnoreSpec.from_lines([glob]), slugs) for glob, slugs in ignores]
    if not specs:
        return tuple(sources)
    return tuple(
        replace(
            source,
            ignored=frozenset().union(
                *(slugs for spec, slugs in specs if spec.match_file(source.path))
            ),
        )
        for source in sources
    )


def is_place_of_tools(folder: Path) -> bool:
    """Whether a folder holds what tools put there: hidden, built, cached, or a virtualenv."""
    name = folder.name
    return name.startswith(".") or name in _FOLDERS_OF_TOOLS or (folder / "pyvenv.cfg").is_file()
