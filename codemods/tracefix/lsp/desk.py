"""The open documents: each examined when it changes, and never by an older text than it has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from tracefix.config import BadConfig
from tracefix.lsp.buffers import Buffer, Prepared, prepared
from tracefix.lsp.client_settings import ClientSettings
from tracefix.lsp.diagnostics import diagnostics
from tracefix.lsp.knowledge import Examined, Proof, examined
from tracefix.lsp.pages import Pages
from tracefix.lsp.positions import Encoding
from tracefix.lsp.settings import Settings
from tracefix.repair import Draft, draw_up
from tracefix.sources import Undecodable

DEBOUNCE = 0.3  # seconds without a change, before a text is examined
_log = logging.getLogger(__name__)
_R = TypeVar("_R")


class Desk:
    """What is open in the editor, and what is known of it. Used on the server's loop alone."""

    def __init__(self, server: LanguageServer, settings: ClientSettings, pages: Pages) -> None:
        self.pages = pages
        self.settings = settings
        self._server = server
        self._thread = ThreadPoolExecutor(1, "tracefix-examine")
        self._tasks: dict[str, asyncio.Task[Examined | None]] = {}
        self._proofs: dict[str, Proof] = {}
        self._said: set[str] = set()

    @property
    def encoding(self) -> Encoding:
        """What positions count, as both sides have agreed."""
        return self._server.workspace.position_encoding or types.PositionEncodingKind.Utf16

    def open(self) -> Iterator[str]:
        """The URIs of the open documents."""
        yield from tuple(self._tasks)

    def buffer(self, uri: str) -> Buffer | None:
        """A document as it is now; None where it is not open."""
        document = self._server.workspace.text_documents.get(uri)
        if document is None or document.language_id not in ("python", None, ""):
            return None
        return Buffer(uri, document.version, document.source)

    def examine(self, uri: str, delay: float = 0.0) -> None:
        """Examine a document as it will be after `delay`; what was under way for it is dropped."""
        if uri in self._tasks:
            self._tasks[uri].cancel()
        self._tasks[uri] = asyncio.ensure_future(self._examined(uri, delay))

    def reconfigure(self) -> None:
        """Examine every open document by other settings; what was proven was by the former."""
        self._proofs.clear()
        self._said.clear()
        for uri in self.open():
            self.examine(uri)

    def close(self, uri: str) -> None:
        """Forget a document, and take back what was said of it."""
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()
        self._proofs.pop(uri, None)
        self.settings.forget(uri)
        self._publish(uri, None, [])

    async def current(self, uri: str) -> Examined | None:
        """What is known of a document's present text; waits until that was examined."""
        while (task := self._tasks.get(uri)) is not None:
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if self._tasks.get(uri) is task or not task.cancelled():
                    raise  # the client has cancelled its request
        return None

    def prove(self, uri: str, proof: Proof) -> None:
        """Take what verification has found of a document's text."""
        if uri in self._tasks:
            self._proofs[uri] = proof
            self.examine(uri)

    def distrust(self, changed: str) -> None:
        """Forget what was proven of the other documents of the project that a file belongs to."""
        for uri, proof in tuple(self._proofs.items()):
            if proof.may_depend_on(changed):
                del self._proofs[uri]
                self.examine(uri)

    async def run(self, work: Callable[[], _R]) -> _R:
        """Do what takes time beside the loop, one thing after the other."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def prepare(self, buffer: Buffer) -> tuple[Prepared | None, Settings]:
        """What the engine is to be asked about a buffer; says what is wrong with the settings."""
        settings = await self.settings.of(buffer.uri)
        for complaint in settings.complaints:
            self.say_once(complaint)
        try:
            folders = [folder for folder in map(_folder, self._server.workspace.folders) if folder]
            found = await self.run(lambda: prepared(buffer, settings, folders, self.pages.folder))
        except (BadConfig, Undecodable) as error:
            name = urlsplit(buffer.uri).path.rpartition("/")[2]
            self.say_once(f"{name}: {error}" if isinstance(error, Undecodable) else str(error))
            return None, settings
        return found, settings

    def say_once(self, line: str) -> None:
        """Show the user a line that they have not been shown."""
        if line not in self._said:
            self._said.add(line)
            shown = types.ShowMessageParams(types.MessageType.Error, f"tracefix: {line}")
            self._server.window_show_message(shown)

    def shut(self) -> None:
        """Drop all work; what a thread is at is waited for."""
        for task in self._tasks.values():
            task.cancel()
        self._thread.shutdown(cancel_futures=True)

    async def _examined(self, uri: str, delay: float) -> Examined | None:
        await asyncio.sleep(delay)
        try:
            return await self._examined_now(uri)
        except Exception as error:  # a fault of ours: the user is told, and other documents go on
            _log.exception("%s was not examined", uri)
            self.say_once(f"internal error: {error!r}")
            return None

    async def _examined_now(self, uri: str) -> Examined | None:
        buffer = self.buffer(uri)
        if buffer is None:
            return None
        found, _ = await self.prepare(buffer)
        if found is None:
            self._publish(uri, buffer.version, [])
            return None
        proof = self._proofs.get(uri)
        if proof is not None and proof.speaks_of(found):
            draft = proof.draft
        else:
            draft = await self.run(lambda: _static(found))
        known = examined(found, draft, proof)
        if self.buffer(uri) != buffer:  # closed, or changed: what follows that will say so
            return None
        link = self.pages.uri
        self._publish(uri, buffer.version, [*diagnostics(known, self.encoding, link)])
        return known

    def _publish(self, uri: str, version: int | None, found: list[types.Diagnostic]) -> None:
        params = types.PublishDiagnosticsParams(uri, found, version)
        self._server.text_document_publish_diagnostics(params)


def _static(found: Prepared) -> Draft:
    """Findings and fixes; none of the user's code is run for them."""
    return draw_up([found.source], replace(found.config, verify=False))


def _folder(uri: str) -> Path | None:
    path = to_fs_path(uri)
    return None if path is None else Path(path)
