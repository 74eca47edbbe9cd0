"""A server over stdio and what it says of documents while they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from lsp.conftest import MakeEditor
from lsp.editing import applied, edits, place
from lsp.editor import Document, Editor
from lsp.models import HALVED, HALVING, RULE, SUMMING

ANYWHERE = types.Range(place(0, 0), place(0, 0))


def _fix_all(editor: Editor, document: Document, encoding: str = "utf-16") -> str:
    """The document's text after its source.fixAll."""
    (action,) = editor.actions(document, ANYWHERE, ["source.fixAll"])
    assert action.kind == "source.fixAll.tracefix"
    return applied(document.text, edits(editor.resolve(action)), encoding)


def test_findings_with_slug_page_and_exact_range(editor: Editor, project: Path) -> None:
    document = editor.open(project / "found.py", HALVING)
    found = editor.diagnostics(document)
    assert [(d.code, d.source) for d in found] == [(RULE, "tracefix")] * 2
    assert found[0].range == types.Range(place(7, 8), place(7, 15))
    assert found[0].severity == types.DiagnosticSeverity.Warning
    assert found[0].code_description is not None
    page = Path(found[0].code_description.href.removeprefix("file://"))
    assert page.read_text().startswith(f"# {RULE}\n")


def test_a_quick_fix_is_the_smallest_edit_of_the_buffers_version(
    editor: Editor, project: Path
) -> None:
    document = editor.open(project / "fixed.py", HALVING)
    editor.change(document, "# a comment\n" + HALVING)
    second = editor.diagnostics(document)[1]
    offered = editor.actions(document, second.range, ["quickfix"])
    assert [action.title for action in offered] == [
        f"{RULE}: write it out (right by construction, not proven)",
        f"{RULE}: suppress on this line",
    ]
    assert [action.edit for action in offered] == [None, None]
    assert not offered[0].is_preferred
    assert offered[0].diagnostics == (second,)
    resolved = editor.resolve(offered[0])
    assert resolved.edit is not None
    assert resolved.edit.document_changes is not None
    changed = types.OptionalVersionedTextDocumentIdentifier(document.uri, 2)
    assert resolved.edit.document_changes[0].text_document == changed
    after = applied(document.text, edits(resolved))
    assert after == document.text.replace("n //= 2  # twice", "n = n // 2  # twice")
    assert sum(len(edit.new_text) for edit in edits(resolved)) == len("= n //")


def test_a_fix_that_was_offered_before_the_text_moved_is_made_where_it_is_now(
    editor: Editor, project: Path
) -> None:
    document = editor.open(project / "moved.py", HALVING)
    offered = editor.actions(document, editor.diagnostics(document)[0].range)[0]
    editor.change(document, '"""Moved."""\n\n' + HALVING)
    after = applied(document.text, edits(editor.resolve(offered)))
    assert after == '"""Moved."""\n\n' + HALVING.replace("n //= 2  # once", "n = n // 2  # once")
    editor.change(document, HALVED)
    with pytest.raises(Exception, match="no more what this was offered for"):
        editor.resolve(offered)


def test_only_the_last_of_many_changes_is_told(editor: Editor, project: Path) -> None:
    document = editor.open(project / "typed.py", HALVING)
    for line in range(20):
        editor.change(document, "\n" * line + HALVING)
    told = editor.actions(document, types.Range(place(26, 8), place(26, 9)))  # without waiting
    assert told[0].diagnostics is not None
    assert told[0].diagnostics[0].range.start == place(26, 8)
    found = editor.diagnostics(document)
    assert found[0].range.start == place(26, 8)
    method = types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
    versions = [p.version for m, p in editor.said if m == method and p.uri == document.uri]
    assert versions[-1] == 21
    assert versions == sorted(versions)
    assert len(versions) < 10


def test_a_syntax_error_while_typing(editor: Editor, project: Path) -> None:
    document = editor.open(project / "broken.py", HALVING.replace("x = x * n", "x = x * "))
    (told,) = editor.diagnostics(document)
    assert (told.code, told.message) == ("invalid-syntax", "cannot be checked: invalid syntax")
    assert told.range.start.line == 8
    assert editor.actions(document, told.range) == []
    assert editor.hover(document, place(4, 6)) == ""
    editor.change(document, HALVING)
    assert len(editor.diagnostics(document)) == 2


@pytest.mark.parametrize(
    "text", ["class Net(nn.Module", "import torch\n\x00", "import torch\n\t x"]
)
def test_no_text_is_too_broken(editor: Editor, project: Path, text: str) -> None:
    document = editor.open(project / "rubbish.py", "import torch  # " + text)
    editor.change(document, "import torch\n" + text)
    editor.diagnostics(document)
    editor.change(document, HALVING)
    assert len(editor.diagnostics(document)) == 2
    editor.close(document)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_right_after_an_emoji(make_editor: MakeEditor, tmp_path: Path, encoding: str) -> None:
    editor = make_editor(folders=[tmp_path], encodings=[types.PositionEncodingKind(encoding)])
    assert editor.capabilities.position_encoding == encoding
    document = editor.open(tmp_path / "emoji.py", SUMMING)
    found = editor.diagnostics(document)
    columns = {"utf-8": (26, 41), "utf-16": (23, 38), "utf-32": (22, 37)}[encoding]
    assert [d.range.start for d in found] == [place(6, column) for column in columns]
    assert "keyword-name" in editor.hover(document, found[0].range.start)
    assert _fix_all(editor, document, encoding) == SUMMING.replace("axis=", "dim=")


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_line_endings_stay_and_others_end_no_line(
    editor: Editor, project: Path, newline: str
) -> None:
    odd = 'odd = "\u2028\u2029\x0b\x1c"\n\x0c\n'
    text = ("import torch\n" + odd + HALVING).replace("\n", newline)
    document = editor.open(project / f"lines{len(newline)}.py", text)
    assert editor.diagnostics(document)[0].range.start.line == 10
    assert _fix_all(editor, document) == text.replace("n //= 2", "n = n // 2")
    editor.close(document)


def test_an_untitled_buffer(make_editor: MakeEditor) -> None:
    editor = make_editor()
    document = editor.open("untitled:Untitled-1", HALVING)
    assert len(editor.diagnostics(document)) == 2
    assert _fix_all(editor, document) == HALVED


def test_a_file_that_is_not_yet_written(editor: Editor, project: Path) -> None:
    document = editor.open(project / "new" / "folder" / "unsaved.py", HALVING)
    assert len(editor.diagnostics(document)) == 2
    assert not (project / "new").exists()


def test_what_is_none_of_its_business(editor: Editor, project: Path) -> None:
    for where in (project / "plain.py", "git:/old/net.py", "vscode-notebook-cell:/n.ipynb#1"):
        text = HALVING.replace("torch", "numpy") if isinstance(where, Path) else HALVING
        document = editor.open(where, text)
        assert editor.diagnostics(document) == []
        assert editor.actions(document, ANYWHERE) == []


def test_a_closed_document_has_no_findings(editor: Editor, project: Path) -> None:
    document = editor.open(project / "closed.py", HALVING)
    editor.diagnostics(document)
    editor.close(document)
    method = types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
    told = editor.wait(method, lambda p: p.uri == document.uri and p.version is None)
    assert told.diagnostics == ()
    assert editor.actions(document, ANYWHERE) == []


def test_suppress_on_this_line(editor: Editor, project: Path) -> None:
    document = editor.open(project / "suppressed.py", HALVING)
    first, second = editor.diagnostics(document)
    (action,) = [a for a in editor.actions(document, first.range) if "suppress" in a.title]
    after = applied(document.text, edits(editor.resolve(action)))
    assert after == HALVING.replace("# once", f"# once  # tracefix: ignore[{RULE}]")
    editor.change(document, after)
    assert editor.diagnostics(document) == [second]
    with pytest.raises(Exception, match="the text has changed since"):
        editor.resolve(action)


def test_a_comment_that_names_no_rule_is_taken_out(editor: Editor, project: Path) -> None:
    text = HALVED.replace("# once", "# tracefix: ignore[nosuch]")
    document = editor.open(project / "unused.py", text)
    (found,) = editor.diagnostics(document)
    assert found.code == "unused-suppression"
    action = editor.actions(document, found.range, ["quickfix"])[0]
    assert action.title == "unused-suppression: Take out the comment"
    after = applied(text, edits(editor.resolve(action)))
    assert after == text.replace("  # tracefix: ignore[nosuch]", "")


def test_explain_opens_the_page(editor: Editor, project: Path) -> None:
    document = editor.open(project / "explained.py", HALVING)
    found = editor.diagnostics(document)[0]
    (action,) = [a for a in editor.actions(document, found.range) if "explain" in a.title]
    assert action.command is not None
    editor.command(action.command.command, *(action.command.arguments or ()))
    shown = editor.wait(types.WINDOW_SHOW_DOCUMENT)
    assert found.code_description is not None
    assert shown.uri == found.code_description.href
    with pytest.raises(Exception, match="no such rule"):
        editor.command("tracefix.explain", "nosuch")


def test_what_is_verified_is_named(editor: Editor, project: Path) -> None:
    document = editor.open(project / "named.py", HALVING + HALVING.replace("Halving", "Other"))

    def offered(line: int) -> str:
        at = types.Range(place(line, 0), place(line, 0))
        return editor.actions(document, at)[-1].title

    assert offered(0) == "tracefix: verify this file's modules by running them (Halving, Other)"
    module = "tracefix: verify this module by running it"
    assert offered(6) == f"{module} (Halving, and 1 more of this file)"
    editor.change(document, HALVING)
    assert offered(6) == f"{module} (Halving)"


def test_a_class_has_no_verdict_before_it_is_verified(editor: Editor, project: Path) -> None:
    document = editor.open(project / "hovered.py", HALVING)
    assert editor.hover(document, place(4, 8)) == "**Halving**: not verified"
    assert editor.hover(document, place(5, 8)) == ""


def test_a_client_that_neither_resolves_nor_tells_versions(
    make_editor: MakeEditor, tmp_path: Path
) -> None:
    editor = make_editor(folders=[tmp_path], resolves=False, versions=False)
    document = editor.open(tmp_path / "old.py", HALVING)
    (action,) = editor.actions(document, ANYWHERE, ["source.fixAll.tracefix"])
    assert action.edit is not None
    assert action.edit.document_changes is None
    assert action.edit.changes is not None
    assert applied(HALVING, action.edit.changes[document.uri]) == HALVED
