"""Runs the user's modules to verify a document's fixes: only when asked, and not to the end if not.

One document after the other; a run is cancelled by its progress, by a newer run of the same
document, and by closing that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from tracefix.lsp.buffers import Prepared
from tracefix.lsp.desk import Desk
from tracefix.lsp.hovering import CUT_SHORT
from tracefix.lsp.knowledge import Proof, belongs
from tracefix.lsp.settings import Verify
from tracefix.model import Plan, Status
from tracefix.repair import Cancellation, Cancelled, Draft, draw_up

_TITLE = "tracefix: verifying"
_CANCELLED = "cancelled"
_log = logging.getLogger(__name__)


class Refused(Exception):
    """Nothing is run; the message says why."""


@dataclass(eq=False)
class _Run:
    """One verification, from when it was asked for."""

    prepared: Prepared
    cancellation: Cancellation = field(default_factory=Cancellation)
    is_overtaken: bool = False  # the project has changed since it began


class Verifying:
    """Verifies documents of a desk. Used on the server's loop alone."""

    def __init__(self, server: LanguageServer, desk: Desk) -> None:
        self._server = server
        self._desk = desk
        self._runs: list[_Run] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "tracefix-verify")
        self._ending = ThreadPoolExecutor(1, "tracefix-cancel")  # to end a process takes a while

    async def start(self, uri: str) -> None:
        """Begin to run the modules of a document as it is now. Raises Refused.

        What comes of it is told by the progress: some clients wait for a command's answer, with
        their user, and give up soon.
        """
        buffer = self._desk.buffer(uri)
        if buffer is None:
            raise Refused("the document is not open")
        prepared, settings = await self._desk.prepare(buffer)
        if prepared is None:
            raise Refused("nothing here is to be verified")
        if settings.verify is Verify.OFF:
            raise Refused("verification is switched off (setting tracefix.verify)")
        if not prepared.config.verify:
            raise Refused("verification is switched off (pyproject.toml: tool.tracefix.verify)")
        self.cancel(uri)
        task = asyncio.ensure_future(self._run(_Run(prepared)))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def saved(self, uri: str) -> None:
        """Verify a document that was saved, if the user wants that and it was not done."""
        settings = await self._desk.settings.of(uri)
        if settings.verify is not Verify.ON_SAVE:
            return
        known = await self._desk.current(uri)
        if known is not None and known.proof is None and known.verdicts:
            with contextlib.suppress(Refused):  # nobody has asked
                await self.start(uri)

    def cancel(self, uri: str) -> None:
        """End what runs for a document."""
        for run in self._runs:
            if run.prepared.buffer.uri == uri:
                self._ending.submit(run.cancellation.cancel)

    def distrust(self, changed: str) -> None:
        """Take no proof from what runs for another file of the project that changed."""
        for run in self._runs:
            if belongs(changed, run.prepared.config.root, run.prepared.source.file):
                run.is_overtaken = True

    def shut(self) -> None:
        """End all runs, and wait until nothing of them is left."""
        for run in self._runs:
            run.cancellation.cancel()
        self._ending.shutdown()
        self._thread.shutdown(cancel_futures=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("verification failed", exc_info=error)
            self._desk.say_once(f"internal error: {error!r}")

    async def _run(self, run: _Run) -> None:
        self._runs.append(run)
        try:
            async with self._turn:
                await self._verified(run)
        finally:
            self._runs.remove(run)

    async def _verified(self, run: _Run) -> None:
        prepared = run.prepared
        name = prepared.source.path.rpartition("/")[2]
        progress = _Progress(self._server, run.cancellation, self._ending)
        await progress.begin(name)
        said = _CANCELLED
        try:
            draft = await self._drafted(run, progress)
            said = summary(draft.plan)
            if run.is_overtaken:
                said = "other files changed meanwhile: verify again"
            else:
                clock = time.strftime("%H:%M")
                buffer, config = prepared.buffer, prepared.config
                self._desk.prove(buffer.uri, Proof(buffer.text, draft, config, clock))
        except Cancelled:
            pass
        finally:
            progress.end(said)

    async def _drafted(self, run: _Run, progress: _Progress) -> Draft:
        prepared = run.prepared
        loop = asyncio.get_running_loop()

        def report(what: str, done: int, total: int) -> None:
            if run.cancellation.is_cancelled:  # what is left is gone through in no time
                return
            loop.call_soon_threadsafe(progress.report, f"{what} {done}/{total}")

        def work() -> Draft:
            run.cancellation.check()
            return draw_up([prepared.source], prepared.config, report, run.cancellation)

        try:
            return await loop.run_in_executor(self._thread, work)
        except asyncio.CancelledError:  # the server ends
            self._ending.submit(run.cancellation.cancel)
            raise


class _Progress:
    """What the client shows of a run, and by which its user can cancel it."""

    def __init__(
        self, server: LanguageServer, cancellation: Cancellation, ending: ThreadPoolExecutor
    ) -> None:
        window = server.client_capabilities.window
        self._is_shown = window is not None and bool(window.work_done_progress)
        self._server = server
        self._cancellation = cancellation
        self._ending = ending
        self._token = f"tracefix-{uuid.uuid4()}"

    async def begin(self, what: str) -> None:
        if not self._is_shown:
            return
        work = self._server.work_done_progress
        await work.create_async(self._token)
        work.tokens[self._token].add_done_callback(self._cancelled)
        begun = types.WorkDoneProgressBegin(_TITLE, cancellable=True, message=what)
        work.begin(self._token, begun)

    def report(self, message: str) -> None:
        if self._is_shown and self._token in self._server.work_done_progress.tokens:
            told = types.WorkDoneProgressReport(message=message, cancellable=True)
            self._server.work_done_progress.report(self._token, told)

    def end(self, said: str) -> None:
        if self._is_shown:
            work = self._server.work_done_progress
            work.tokens.pop(self._token, None)
            work.end(self._token, types.WorkDoneProgressEnd(message=said))
        elif said != _CANCELLED:
            shown = types.ShowMessageParams(types.MessageType.Info, f"tracefix: {said}")
            self._server.window_show_message(shown)

    def _cancelled(self, token: Future[None]) -> None:
        if token.cancelled():
            self._ending.submit(self._cancellation.cancel)


def summary(plan: Plan) -> str:
    """How many classes came to what, and what went wrong."""
    counts = Counter(verdict.status for verdict in plan.verdicts)
    told = [f"{counts[status]} {status.value}" for status in Status if counts[status]]
    short = [CUT_SHORT] if plan.cut_short else []
    return "; ".join((", ".join(told) or "no module to verify", *short, *plan.troubles))
