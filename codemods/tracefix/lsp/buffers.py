"""From a document as the editor holds it to what the engine takes: a Source and a Config."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pygls.uris import to_fs_path

from tracefix.config import Config, load_config
from tracefix.lsp.settings import Settings, setting_name
from tracefix.model import UNUSED, Source
from tracefix.rules import registry
from tracefix.sources import decode, find_root, is_excluded, located, names_torch, path_from
from tracefix.sources.decoding import Undecodable, declared_encoding


@dataclass(frozen=True)
class Buffer:
    """A document's text at one version, saved or not."""

    uri: str
    version: int | None
    text: str


@dataclass(frozen=True)
class Prepared:
    """A buffer, and what the engine is asked about it."""

    buffer: Buffer
    source: Source
    config: Config


def prepared(
    buffer: Buffer, settings: Settings, folders: Iterable[Path], elsewhere: Path
) -> Prepared | None:
    """The buffer as the command line would take its file; None where that says nothing of it.

    `folders` are the workspace's; an untitled buffer lies in the first of them, or `elsewhere`.
    Raises BadConfig for the project's settings or the client's, Undecodable for the text.
    """
    if not names_torch(buffer.text.encode(errors="surrogatepass")):
        return None
    places = [located(folder) for folder in folders]
    file = _file(buffer.uri, places, elsewhere)
    if file is None:
        return None
    around = [folder for folder in places if file.is_relative_to(folder)]
    cwd = max(around, key=lambda folder: len(folder.parts), default=file.parent)
    root = find_root([file], cwd)
    config = load_config(root, settings.options, _known_rules, cwd, setting_name)
    if is_excluded(file, root, config.exclude):
        return None
    return Prepared(buffer, _source(buffer.text, path_from(root, file), file), config)


def _file(uri: str, folders: list[Path], elsewhere: Path) -> Path | None:
    """Where a document lies, or would: an untitled one gets a name in the first folder."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        path = to_fs_path(uri)
        return None if path is None else located(Path(path))
    if parts.scheme != "untitled":  # a notebook's cell, a file of an earlier commit
        return None
    name = re.sub(r"\W+", "_", parts.path.removesuffix(".py")).strip("_") or "untitled"
    return (folders[0] if folders else elsewhere) / f"{name}.py"


def _source(text: str, path: str, file: Path) -> Source:
    """The source as it will be once it is saved in the encoding that it declares."""
    encoding, _ = declared_encoding(text.encode(errors="surrogatepass"))
    try:
        return decode(text.encode(encoding), path, file)
    except UnicodeEncodeError as error:
        raise Undecodable(f"{encoding} cannot hold {error.object[error.start]!r}") from error


def _known_rules() -> set[str]:
    return {UNUSED, *(rule.slug for rule in registry())}
