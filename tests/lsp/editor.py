"""An editor for tests: pygls' own client on a loop of its own, asked from plain functions."""

from __future__ import annotations

import ast
import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 180.0  # seconds: a loaded machine is no failure
_R = TypeVar("_R")


@dataclass
class Document:
    """A document as this editor holds it."""

    uri: str
    version: int
    text: str


class Editor:
    """One client with a server of its own; what the server says is kept, and can be waited for."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        folders: Sequence[Path] = (),
        encodings: Sequence[types.PositionEncodingKind] = (),
        settings: Any = None,
        resolves: bool = True,
        versions: bool = True,
        progress: bool = True,
        extra: Mapping[str, Any] | None = None,
        port: int | None = None,
    ) -> None:
        self.documents: dict[str, Document] = {}
        self.settings = settings
        self.slowness = 0.0  # seconds to answer a question about the settings
        self.said: list[tuple[str, Any]] = []  # every notification and request of the server
        self._heard = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = LanguageClient("tests", "1")
        self._listen()
        if port is None:
            command = (sys.executable, "-m", "tracefix", "lsp")
            self.run(self.client.start_io(*command, env=dict(environment)))
        else:
            self.run(self.client.start_tcp("127.0.0.1", port))
        capabilities = _capabilities(encodings, settings is not None, resolves, versions, progress)
        answer = self.ask(
            self.client.initialize_async,
            types.InitializeParams(
                capabilities=capabilities,
                workspace_folders=[types.WorkspaceFolder(f.as_uri(), f.name) for f in folders],
                initialization_options=extra,
            ),
        )
        self.capabilities: types.ServerCapabilities = answer.capabilities
        self.client.initialized(types.InitializedParams())

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self.client._server is not None
        return self.client._server

    def run(self, work: Awaitable[_R]) -> _R:
        """Await something on the client's loop."""

        async def awaited() -> _R:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(PATIENCE)

    def ask(self, request: Callable[[Any], Awaitable[_R]], params: Any) -> _R:
        """Send a request and wait for its answer."""

        async def asked() -> _R:
            return await request(params)

        return self.run(asked())

    def tell(self, notify: Callable[[Any], None], params: Any) -> None:
        """Send a notification."""

        async def told() -> None:
            notify(params)

        self.run(told())

    def open(self, where: Path | str, text: str | None = None) -> Document:
        """Open a file, or a buffer that is no file."""
        uri = where if isinstance(where, str) else where.as_uri()
        if text is None:
            assert isinstance(where, Path)
            text = where.read_bytes().decode()
        document = self.documents[uri] = Document(uri, 1, text)
        item = types.TextDocumentItem(uri, types.LanguageKind.Python, 1, text)
        self.tell(self.client.text_document_did_open, types.DidOpenTextDocumentParams(item))
        return document

    def change(self, document: Document, text: str) -> None:
        """Type: the document has another text from now on."""
        document.version += 1
        document.text = text
        identifier = types.VersionedTextDocumentIdentifier(document.version, document.uri)
        change = types.TextDocumentContentChangeWholeDocument(text)
        params = types.DidChangeTextDocumentParams(identifier, [change])
        self.tell(self.client.text_document_did_change, params)

    def save(self, document: Document, file: Path | None = None) -> None:
        if file is not None:
            file.write_bytes(document.text.encode())
        params = types.DidSaveTextDocumentParams(identifier(document))
        self.tell(self.client.text_document_did_save, params)

    def close(self, document: Document) -> None:
        del self.documents[document.uri]
        params = types.DidCloseTextDocumentParams(identifier(document))
        self.tell(self.client.text_document_did_close, params)

    def wait(self, method: str, holds: Callable[[Any], bool] = lambda params: True) -> Any:
        """What the server said by `method` for which `holds`, now or as soon as it does."""

        def found() -> list[Any]:
            return [p for m, p in self.said if m == method and holds(p)]

        with self._heard:
            assert self._heard.wait_for(found, PATIENCE), f"no {method}; heard {self.said}"
            return found()[-1]

    def diagnostics(self, document: Document) -> list[types.Diagnostic]:
        """What was said of a document's present version."""

        def of_it(params: types.PublishDiagnosticsParams) -> bool:
            return (params.uri, params.version) == (document.uri, document.version)

        told = self.wait(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, of_it)
        return list(told.diagnostics)

    def actions(
        self, document: Document, at: types.Range, only: Sequence[str] | None = None
    ) -> list[types.CodeAction]:
        context = types.CodeActionContext([], only=only)
        params = types.CodeActionParams(identifier(document), at, context)
        found = self.ask(self.client.text_document_code_action_async, params) or []
        return [_action(each) for each in found]

    def resolve(self, action: types.CodeAction) -> types.CodeAction:
        return self.ask(self.client.code_action_resolve_async, action)

    def hover(self, document: Document, at: types.Position) -> str:
        params = types.HoverParams(identifier(document), at)
        answer = self.ask(self.client.text_document_hover_async, params)
        return "" if answer is None else answer.contents.value

    def command(self, command: str, *arguments: Any, token: str | None = None) -> Any:
        params = types.ExecuteCommandParams(command, list(arguments), token)
        return self.ask(self.client.workspace_execute_command_async, params)

    def start(self, method: str, params: Any, identity: str | None = None) -> Future[Any]:
        """Send a request, whose answer is for later."""

        async def asked() -> Any:
            return await self.client.protocol.send_request_async(method, params, identity)

        return asyncio.run_coroutine_threadsafe(asked(), self._loop)

    def hang_up(self) -> None:
        """Go away without a word: close the pipe that the server reads."""

        async def closed() -> None:
            assert self.process.stdin is not None
            self.process.stdin.close()

        self.run(closed())

    def stderr(self) -> str:
        """What the server has written to stderr; to be asked when it is gone."""
        return self._stderr.decode()

    def leave(self) -> int:
        """Shut the server down as the protocol has it, and say its exit code."""
        self.run(self.client.shutdown_async(None))
        self.tell(self.client.exit, None)
        return self.gone()

    def gone(self) -> int:
        """Wait until the server is gone, and say its exit code."""
        code = 0 if self.client._server is None else self.run(self._waited())
        self.run(self.client.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return code

    async def _waited(self) -> int:
        assert self.process.stderr is not None
        self._stderr = await asyncio.wait_for(self.process.stderr.read(), PATIENCE)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    def _listen(self) -> None:
        client = self.client

        def heard(method: str, params: Any) -> None:
            with self._heard:
                self.said.append((method, params))
                self._heard.notify_all()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            heard(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def shown(params: types.ShowMessageParams) -> None:
            heard(types.WINDOW_SHOW_MESSAGE, params)

        @client.feature(types.PROGRESS)
        def progressed(params: types.ProgressParams) -> None:
            heard(types.PROGRESS, params)

        @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
        def created(params: types.WorkDoneProgressCreateParams) -> None:
            heard(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)

        @client.feature(types.WINDOW_SHOW_DOCUMENT)
        def opened(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
            heard(types.WINDOW_SHOW_DOCUMENT, params)
            return types.ShowDocumentResult(True)

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def registered(params: types.RegistrationParams) -> None:
            heard(types.CLIENT_REGISTER_CAPABILITY, params)

        @client.feature(types.WORKSPACE_CONFIGURATION)
        async def configured(params: types.ConfigurationParams) -> list[Any]:
            heard(types.WORKSPACE_CONFIGURATION, params)
            await asyncio.sleep(self.slowness)
            return [self.settings for _ in params.items]


def identifier(document: Document) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(document.uri)


def _action(found: types.CodeAction | types.Command) -> types.CodeAction:
    """lsprotocol takes an action that has a command for a bare one, of the command's repr."""
    if isinstance(found, types.CodeAction):
        return found
    command = types.Command(**ast.literal_eval(found.command))
    return types.CodeAction(found.title, kind="", command=command)


def _capabilities(
    encodings: Sequence[types.PositionEncodingKind],
    configures: bool,
    resolves: bool,
    versions: bool,
    progress: bool,
) -> types.ClientCapabilities:
    resolve = types.ClientCodeActionResolveOptions(["edit"]) if resolves else None
    action = types.CodeActionClientCapabilities(resolve_support=resolve, data_support=True)
    dynamic = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=list(encodings) or None),
        workspace=types.WorkspaceClientCapabilities(
            configuration=configures,
            workspace_folders=True,
            did_change_watched_files=dynamic,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versions),
        ),
        text_document=types.TextDocumentClientCapabilities(code_action=action),
        window=types.WindowClientCapabilities(
            work_done_progress=progress, show_document=types.ShowDocumentClientCapabilities(True)
        ),
    )
