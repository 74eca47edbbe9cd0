"""Asks the client for its settings, where it can be asked; else takes what it sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from tracefix.lsp.settings import Settings, settings_from

_SECTION = "tracefix"
_PATIENCE = 10.0  # seconds for a client to answer, of which most need milliseconds
_log = logging.getLogger(__name__)


class ClientSettings:
    """Each document's settings, asked for once until they change."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._sent = Settings()
        self._known: dict[str, asyncio.Task[Settings]] = {}

    def take(self, sent: object) -> None:
        """Settings that the client sent of itself; all that was known is asked for again."""
        inner = sent.get(_SECTION, sent) if isinstance(sent, Mapping) else None
        if inner:
            self._sent = settings_from(inner)
        self._known.clear()

    def forget(self, uri: str) -> None:
        self._known.pop(uri, None)

    async def of(self, uri: str) -> Settings:
        """The settings for one document."""
        if uri not in self._known:
            self._known[uri] = asyncio.ensure_future(self._asked(uri))
        # A text that is typed over is asked about no more, but the answer serves the next one.
        return await asyncio.shield(self._known[uri])

    async def _asked(self, uri: str) -> Settings:
        workspace = self._server.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return self._sent
        item = types.ConfigurationItem(scope_uri=uri, section=_SECTION)
        request = self._server.workspace_configuration_async(types.ConfigurationParams([item]))
        try:  # shielded, since pygls calls an answer that comes after all an error
            answer = await asyncio.wait_for(asyncio.shield(request), _PATIENCE)
        except (JsonRpcException, asyncio.TimeoutError) as error:
            _log.error("no settings from the client: %s", error or "no answer")
            return self._sent
        return settings_from(answer[0]) if answer and answer[0] else self._sent
