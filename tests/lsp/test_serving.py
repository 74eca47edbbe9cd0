"""How a server starts, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from conftest import Run
from lsp.conftest import MakeEditor
from lsp.editing import place
from lsp.editor import Editor
from lsp.models import HALVING


def test_the_pipe_is_closed(make_editor: MakeEditor, tmp_path: Path) -> None:
    editor = make_editor(folders=[tmp_path])
    editor.open(tmp_path / "m.py", HALVING)  # it is at work when its client goes
    editor.hang_up()
    assert editor.gone() == 1
    assert editor.stderr() == ""


def test_nobody_reads_what_it_says(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "tracefix", "lsp"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdout.close()
        body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
        server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        server.stdin.close()
        said = server.stderr.read().decode()
    assert server.returncode == 1
    assert "Traceback" not in said


def test_a_client_that_kills_what_has_said_goodbye(make_editor: MakeEditor, tmp_path: Path) -> None:
    editor = make_editor(folders=[tmp_path])
    editor.diagnostics(editor.open(tmp_path / "m.py", HALVING))
    editor.run(editor.client.shutdown_async(None))
    editor.process.kill()
    editor.gone()  # the fixture sees to it that nothing is left behind


def test_exit_without_shutdown(make_editor: MakeEditor) -> None:
    editor = make_editor()
    editor.tell(editor.client.exit, None)
    assert editor.gone() == 1


def test_a_cancelled_request_is_answered_so_and_no_other(
    make_editor: MakeEditor, tmp_path: Path
) -> None:
    editor = make_editor(folders=[tmp_path])
    document = editor.open(tmp_path / "m.py", HALVING)
    where = types.HoverParams(types.TextDocumentIdentifier(document.uri), place(4, 6))
    editor.change(document, HALVING + "\n")
    asked = [editor.start(types.TEXT_DOCUMENT_HOVER, where, name) for name in ("one", "other")]
    editor.tell(editor.client.cancel_request, types.CancelParams("one"))
    with pytest.raises(Exception, match="is canceled"):
        asked[0].result(60)
    assert "Halving" in asked[1].result(60).contents.value
    assert len(editor.diagnostics(document)) == 2


def test_a_port_of_the_loopback(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tracefix", "lsp", "--tcp", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as server:
        assert server.stderr is not None
        listening = server.stderr.readline().decode()
        assert listening.startswith("tracefix: listening on 127.0.0.1:")
        port = int(listening.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), 5)
        editor = Editor({}, folders=[tmp_path], port=port)
        assert len(editor.diagnostics(editor.open(tmp_path / "m.py", HALVING))) == 2
        editor.leave()
        assert server.wait(60) == 0
        assert server.stderr.read() == b""


def test_a_port_that_is_taken(tracefix_process: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = tracefix_process("lsp", "--tcp", str(port), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"tracefix: --tcp {port}: ".encode())
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it(make_editor: MakeEditor, number: signal.Signals) -> None:
    editor = make_editor()
    editor.process.send_signal(number)
    assert editor.gone() == 128 + number
    assert editor.stderr() == ""
