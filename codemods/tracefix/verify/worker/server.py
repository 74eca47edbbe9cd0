"""The process that has torch loaded, and forks what runs user code."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import torch

from tracefix.model import Outcome
from tracefix.verify import wire
from tracefix.verify.request import Farewell, Hello, Preload, Report, Request, Step
from tracefix.verify.worker import confine, family, load, zygote
from tracefix.verify.worker.warming import warm

_UNFIT = 77  # exit code: the examples cannot be loaded once for all
_CAN_FORK = hasattr(os, "fork")


def main() -> None:
    """Answer requests on stdin until it closes."""
    requests, replies = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    confine.silence()
    sys.dont_write_bytecode = True
    if sys.argv[1:] == ["job"]:
        hello, request = wire.receive(requests)
        wire.send(replies, zygote.alone(replace(request, examples=hello.examples), hello.project))
        return
    hello = wire.receive(requests)
    try:
        _serve(hello, requests, replies)
    except (EOFError, family.Orphaned, BrokenPipeError) as error:
        if not _dismissed(error, requests):
            shutil.rmtree(hello.scratch, ignore_errors=True)
        os._exit(0)  # nothing is left to do, and taking torch down takes long


def _dismissed(error: Exception, requests: BinaryIO) -> bool:
    """Whether the client said farewell, and so lives on and needs its files."""
    if isinstance(error, family.Orphaned):  # what came meanwhile has not been read yet
        with contextlib.suppress(EOFError, OSError):
            return isinstance(wire.receive(requests), Farewell)
    return isinstance(error, _Dismissed)


class _Dismissed(EOFError):
    """The client has said farewell."""


def _serve(hello: Hello, requests: BinaryIO, replies: BinaryIO) -> None:
    torch.set_num_threads(1)
    if "numpy" in sys.modules:  # loads this at its first use, from a seed of its own
        importlib.import_module("numpy.random")
    os.environ["TMPDIR"] = hello.scratch
    hello = replace(hello, examples=() if _preloads(hello) else hello.examples)
    wire.send(replies, True)
    known: load.Known | None = None
    while True:
        message = wire.receive(requests)
        if isinstance(message, Farewell):
            raise _Dismissed
        if isinstance(message, Preload):
            _import(message.modules)
            known = None
            wire.send(replies, None)
        elif _CAN_FORK:
            warm()
            known = known or load.Known.of(hello.project)
            request = replace(message, examples=hello.examples)
            _fork(request, hello, known, requests.fileno(), replies)
        else:
            _spawn(message, hello, replies)


def _preloads(hello: Hello) -> bool:
    """Load the examples once, where they import nothing of the project, and do not fail.

    That is found out in a fork, which becomes the server where all is well, while this
    process waits for its end; otherwise this one goes on, and has loaded nothing.
    """
    if not _CAN_FORK or not hello.examples:
        return False
    parent, pid = os.getpid(), os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _UNFIT:
            return False
        os._exit(1 if status else 0)
    confine.die_with_parent(parent)
    try:
        load.examples(hello.examples)
        others = set(load.loaded_below(hello.project)) - {
            load.example_name(n) for n in range(len(hello.examples))
        }
    except BaseException:
        os._exit(_UNFIT)
    if others:
        os._exit(_UNFIT)
    return True


def _import(modules: tuple[str, ...]) -> None:
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _fork(
    request: Request, hello: Hello, known: load.Known, lifeline: int, replies: BinaryIO
) -> None:
    answered: set[int] = set()

    def work(say: zygote.Say) -> None:
        replies.close()
        os.close(lifeline)
        zygote.answer(request, hello.project, known, say)

    def heard(body: bytes | family.Died) -> None:
        if isinstance(body, family.Died):
            failed = Report(Outcome("load", False, body.reason))
            for number in set(range(len(request.jobs))) - answered:
                wire.send(replies, (number, failed))
            return
        message = pickle.loads(body)
        if isinstance(message, tuple):
            answered.add(message[0])
        wire.send(replies, message)

    confine.adopt_orphans()
    seconds = request.limits.seconds * (len(request.jobs) + 1)
    family.run([family.Task(work, heard, seconds)], 1, lifeline)
    wire.send(replies, None)


def _spawn(request: Request, hello: Hello, replies: BinaryIO) -> None:
    """A new interpreter for each job, where the platform has no fork."""
    command = [sys.executable, str(Path(__file__).with_name("__main__.py")), "job"]
    for number, job in enumerate(request.jobs):
        if job.reference and job.step is not Step.RECORD and not os.path.exists(job.reference):
            continue
        given = wire.pack((hello, replace(request, jobs=(job,))))
        try:
            done = subprocess.run(
                command, input=given, stdout=subprocess.PIPE, timeout=request.limits.seconds
            )
        except subprocess.TimeoutExpired:
            reason = f"ran longer than {request.limits.seconds:g} s"
            report = Report(Outcome(job.stage, False, reason))
        else:
            body = wire.unpack(done.stdout)
            reason = f"ended the process with exit code {done.returncode}"
            report = pickle.loads(body) if body else Report(Outcome(job.stage, False, reason))
        wire.send(replies, (number, report))
    wire.send(replies, None)
