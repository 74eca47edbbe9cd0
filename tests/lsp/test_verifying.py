"""Verification: what it says, when it runs, and how it is ended."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from lsprotocol import types

from lsp.conftest import MakeEditor
from lsp.editing import applied, edits, place
from lsp.editor import Document, Editor
from lsp.models import EXAMPLES, HALVED, HALVING


@pytest.fixture
def halving(tmp_path: Path) -> Path:
    """A project with a module, which says when it is run."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "tracefix_examples.py").write_text(EXAMPLES)
    file = tmp_path / "halving.py"
    file.write_text(_telling(tmp_path) + HALVING)
    return file


def _telling(folder: Path) -> str:
    return f"import pathlib\n\npathlib.Path({str(folder / 'ran')!r}).touch()\n"


def _wait_for_run(folder: Path) -> None:
    until = time.monotonic() + 60
    while not (folder / "ran").exists():
        assert time.monotonic() < until, "the module was never run"
        time.sleep(0.05)


def _progress(editor: Editor, kind: str) -> types.ProgressParams:
    return editor.wait(types.PROGRESS, lambda params: params.value["kind"] == kind)


def _reports(editor: Editor) -> int:
    return sum(m == types.PROGRESS and p.value["kind"] == "report" for m, p in editor.said)


def test_on_save_it_proves_what_the_command_line_would_write(
    make_editor: MakeEditor, halving: Path
) -> None:
    editor = make_editor(folders=[halving.parent], settings={"verify": "onSave"})
    document = editor.open(halving)
    found = editor.diagnostics(document)
    before = editor.actions(document, found[0].range)
    assert not any(action.is_preferred for action in before)
    assert not (halving.parent / "ran").exists()  # findings are had without running anything

    editor.save(document, halving)
    assert _progress(editor, "begin").value["cancellable"]
    assert _progress(editor, "end").value["message"] == "1 repaired"
    assert (halving.parent / "ran").exists()
    told = editor.actions(document, found[0].range, ["quickfix"])
    assert told[0].title.endswith(": write it out, with 1 more for Halving (proven)")
    assert [action.is_preferred for action in told] == [True, None, None]
    assert told[1].title.endswith("(not proven alone)")
    hover = editor.hover(document, found[0].range.start)
    assert "**Halving**: repaired (verified at " in hover
    proven = hover.partition("Proven: ")[2].partition("\n")[0]
    for word in ("values", "batch", "lengths", "training", "gradients", "script", "trace"):
        assert word in proven

    (everything,) = editor.actions(document, found[0].range, ["source.fixAll.tracefix"])
    assert everything.title == "tracefix: apply 2 fixes (proven)"
    after = applied(document.text, edits(editor.resolve(everything)))
    assert after == _telling(halving.parent) + HALVED
    _typing_makes_it_unproven(editor, document, told[0])
    _the_proven_text_is_known(editor, document, after)


def _typing_makes_it_unproven(
    editor: Editor, document: Document, offered: types.CodeAction
) -> None:
    text = document.text
    editor.change(document, text.replace("x * n", "x * n * n"))
    found = editor.diagnostics(document)
    assert not any(action.is_preferred for action in editor.actions(document, found[0].range))
    assert "not verified: the text has changed since" in editor.hover(document, _class(document))
    with pytest.raises(Exception, match="not the one that was proven"):
        editor.resolve(offered)
    editor.change(document, text)
    editor.diagnostics(document)
    assert editor.actions(document, found[0].range)[0].is_preferred


def _the_proven_text_is_known(editor: Editor, document: Document, after: str) -> None:
    editor.change(document, after)
    assert editor.diagnostics(document) == []
    assert "repaired, as rewritten here" in editor.hover(document, _class(document))


def _class(document: Document) -> types.Position:
    return place(document.text[: document.text.index("class Halving")].count("\n"), 6)


@pytest.fixture
def endless(halving: Path) -> Path:
    """A module that takes longer to make than anybody waits."""
    slow = "    def __init__(self):\n        import time\n\n        time.sleep(600)\n\n"
    halving.write_text(halving.read_text().replace("    def forward", slow + "    def forward"))
    return halving


def test_a_run_is_cancelled_by_its_progress_and_by_closing(
    make_editor: MakeEditor, endless: Path
) -> None:
    editor = make_editor(folders=[endless.parent])
    document = editor.open(endless)
    editor.diagnostics(document)
    editor.command("tracefix.verify", document.uri)
    _wait_for_run(endless.parent)
    token = types.WorkDoneProgressCancelParams(_progress(editor, "begin").token)
    reports = _reports(editor)
    editor.tell(editor.client.window_work_done_progress_cancel, token)
    assert _progress(editor, "end").value["message"] == "cancelled"
    assert _reports(editor) == reports, "of what is gone through then nothing is told"

    (endless.parent / "ran").unlink()
    editor.said.clear()
    editor.command("tracefix.verify", document.uri)
    _wait_for_run(endless.parent)
    editor.close(document)
    assert _progress(editor, "end").value["message"] == "cancelled"
    assert editor.diagnostics(editor.open(endless))  # it serves on


def test_a_server_that_is_left_ends_what_it_runs(make_editor: MakeEditor, endless: Path) -> None:
    editor = make_editor(folders=[endless.parent])
    document = editor.open(endless)
    editor.command("tracefix.verify", document.uri)
    _wait_for_run(endless.parent)
    editor.hang_up()
    assert editor.gone() == 1
    assert editor.stderr() == ""


def test_a_client_without_progress_is_told_by_a_message(
    make_editor: MakeEditor, tmp_path: Path
) -> None:
    editor = make_editor(folders=[tmp_path], progress=False)
    document = editor.open(tmp_path / "m.py", "import torch\n")
    editor.command("tracefix.verify", document.uri)
    assert editor.wait(types.WINDOW_SHOW_MESSAGE).message == "tracefix: no module to verify"


def test_switched_off(make_editor: MakeEditor, halving: Path) -> None:
    editor = make_editor(folders=[halving.parent], settings={"verify": "off"})
    document = editor.open(halving)
    found = editor.diagnostics(document)
    titles = [action.title for action in editor.actions(document, found[0].range)]
    assert not any("verify" in title for title in titles)
    with pytest.raises(Exception, match=r"switched off \(setting tracefix.verify\)"):
        editor.command("tracefix.verify", document.uri)
    assert not (halving.parent / "ran").exists()
