"""The server's features: what a client may ask, and who answers."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from tracefix.lsp import actions
from tracefix.lsp.client_settings import ClientSettings
from tracefix.lsp.desk import DEBOUNCE, Desk
from tracefix.lsp.hovering import hover
from tracefix.lsp.pages import Pages
from tracefix.lsp.positions import offset, span_of
from tracefix.lsp.settings import Verify
from tracefix.lsp.verifying import Refused, Verifying


class _Protocol(LanguageServerProtocol):
    """pygls' own, which says nothing of the handlers that the end of the loop cancels."""

    def _run_generator(
        self, future: Future[Any] | None, *, gen: Any, result_future: Future[Any]
    ) -> None:
        try:
            super()._run_generator(future, gen=gen, result_future=result_future)
        except asyncio.CancelledError:
            result_future.cancel()


class Server(LanguageServer):
    """tracefix for one client."""

    def __init__(self) -> None:
        # The whole text with each change: pygls applies partial ones by lines that also end at
        # form feeds and Unicode's separators, where no client ends one.
        full = types.TextDocumentSyncKind.Full
        super().__init__(
            "tracefix", _version(), text_document_sync_kind=full, protocol_cls=_Protocol
        )
        self.said_goodbye = False
        self.pages = Pages()
        self.desk = Desk(self, ClientSettings(self), self.pages)
        self.verifying = Verifying(self, self.desk)

    def distrust(self, uri: str) -> None:
        """A file has changed: what was proven of others that may use it no longer counts."""
        self.desk.distrust(uri)
        self.verifying.distrust(uri)

    def close(self) -> None:
        """Drop all work, and remove what was written for the client."""
        self.verifying.shut()
        self.desk.shut()
        self.pages.close()


def _version() -> str:
    try:
        return importlib.metadata.version("tracefix")
    except importlib.metadata.PackageNotFoundError:  # run from its source folder
        return "0"


def create() -> Server:
    """A server with all its features."""
    server = Server()
    for name, feature in _FEATURES.items():
        options = _OPTIONS.get(name)
        server.feature(name, options)(feature) if options else server.feature(name)(feature)
    server.command(actions.EXPLAIN)(explain)
    server.command(actions.VERIFY)(verify)
    return server


def initialize(server: Server, params: types.InitializeParams) -> None:
    server.desk.settings.take(params.initialization_options)


def shutdown(server: Server, params: None) -> None:
    server.said_goodbye = True
    server.close()  # now: some clients kill a server that has said goodbye


async def initialized(server: Server, params: types.InitializedParams) -> None:
    """Ask to be told of what changes the findings, where the client can tell."""
    workspace = server.client_capabilities.workspace
    wanted: list[types.Registration] = []
    if workspace and (one := workspace.did_change_configuration) and one.dynamic_registration:
        method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
        options = {"section": "tracefix"}
        wanted.append(types.Registration("tracefix-configuration", method, options))
    if workspace and (two := workspace.did_change_watched_files) and two.dynamic_registration:
        watchers = [types.FileSystemWatcher(glob) for glob in ("**/*.py", "**/pyproject.toml")]
        watched = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        wanted.append(types.Registration("tracefix-files", method, watched))
    if wanted:
        await server.client_register_capability_async(types.RegistrationParams(wanted))


def did_open(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    server.desk.examine(params.text_document.uri)


def did_change(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    server.desk.examine(params.text_document.uri, DEBOUNCE)


async def did_save(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    uri = params.text_document.uri
    server.distrust(uri)
    server.desk.examine(uri)
    await asyncio.sleep(DEBOUNCE)  # others may be saved with it
    await server.verifying.saved(uri)


def did_close(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    server.verifying.cancel(params.text_document.uri)
    server.desk.close(params.text_document.uri)


def did_change_configuration(server: Server, params: types.DidChangeConfigurationParams) -> None:
    server.desk.settings.take(params.settings)
    server.desk.reconfigure()


def did_change_watched_files(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    for change in params.changes:
        server.distrust(change.uri)
    if any(change.uri.endswith("/pyproject.toml") for change in params.changes):
        server.desk.reconfigure()


def did_change_folders(server: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    server.desk.reconfigure()


async def code_action(
    server: Server, params: types.CodeActionParams
) -> Sequence[types.CodeAction] | None:
    desk = server.desk
    known = await desk.current(params.text_document.uri)
    if known is None:
        return None
    span = span_of(known.source, params.range, desk.encoding)
    only, link = params.context.only, server.pages.uri
    settings = await desk.settings.of(known.buffer.uri)
    may_verify = known.prepared.config.verify and settings.verify is not Verify.OFF
    found = [*actions.actions(known, span, only, desk.encoding, link, may_verify)]
    if not _resolves(server.client_capabilities):
        found = [await resolved(server, action) for action in found]
    return found


async def resolved(server: Server, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit, worked out on the text as it is now."""
    data: dict[str, Any] | None = action.data
    if not data:
        return action
    known = await server.desk.current(data["uri"])
    if known is None:
        raise _outdated("the document is not open")
    try:
        edits = await server.desk.run(lambda: actions.edits_of(data, known))
    except actions.Outdated as error:
        raise _outdated(str(error)) from error
    versioned = _tells_versions(server.client_capabilities)
    action.edit = actions.workspace_edit(edits, known, server.desk.encoding, versioned)
    return action


async def hovered(server: Server, params: types.HoverParams) -> types.Hover | None:
    desk = server.desk
    known = await desk.current(params.text_document.uri)
    if known is None:
        return None
    at = offset(known.source, params.position, desk.encoding)
    return hover(known, at, desk.encoding, server.pages.uri)


async def explain(server: Server, slug: str) -> None:
    """Open a rule's page, or show it where the client opens no documents."""
    uri, text = server.pages.uri(slug), server.pages.text(slug)
    if uri is None or text is None:
        raise JsonRpcException(f"{slug}: no such rule")
    window = server.client_capabilities.window
    if window is not None and window.show_document is not None and window.show_document.support:
        shown = types.ShowDocumentParams(uri, external=False, take_focus=True)
        if (await server.window_show_document_async(shown)).success:
            return
    server.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))


async def verify(server: Server, uri: str) -> None:
    """Begin to run a document's modules, to verify its fixes."""
    try:
        await server.verifying.start(uri)
    except Refused as error:
        raise JsonRpcException(str(error)) from error


def _outdated(why: str) -> JsonRpcException:
    return JsonRpcException(why, code=types.LSPErrorCodes.ContentModified)


def _resolves(client: types.ClientCapabilities) -> bool:
    """Whether the client asks for an action's edit once the user takes it."""
    code_action = client.text_document and client.text_document.code_action
    resolve = code_action.resolve_support if code_action else None
    return resolve is not None and "edit" in resolve.properties


def _tells_versions(client: types.ClientCapabilities) -> bool:
    edit = client.workspace and client.workspace.workspace_edit
    return bool(edit and edit.document_changes)


_FEATURES: dict[str, Callable[..., Any]] = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.SHUTDOWN: shutdown,
    types.TEXT_DOCUMENT_DID_OPEN: did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: did_change,
    types.TEXT_DOCUMENT_DID_SAVE: did_save,
    types.TEXT_DOCUMENT_DID_CLOSE: did_close,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: did_change_configuration,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: did_change_folders,
    types.TEXT_DOCUMENT_CODE_ACTION: code_action,
    types.CODE_ACTION_RESOLVE: resolved,
    types.TEXT_DOCUMENT_HOVER: hovered,
}
_OPTIONS = {
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(actions.KINDS, resolve_provider=True)
}
