"""A server over stdio and what it says of documents while they are typed."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from lsp.editor import Editor, applied, edits
from lsp.models import HALVED, HALVING, RULE


def test_findings_with_slug_page_and_exact_range(editor: Editor, project: Path) -> None:
    document = editor.open(project / "found.py", HALVING)
    found = editor.diagnostics(document)
    assert [(d.code, d.source) for d in found] == [(RULE, "tracefix")] * 2
    assert found[0].range == types.Range(types.Position(7, 8), types.Position(7, 15))
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
    resolved = editor.resolve(offered[0])
    assert resolved.edit is not None
    assert resolved.edit.document_changes is not None
    changed = types.OptionalVersionedTextDocumentIdentifier(document.uri, 2)
    assert resolved.edit.document_changes[0].text_document == changed
    after = applied(document.text, edits(resolved))
    assert after == document.text.replace("n //= 2  # twice", "n = n // 2  # twice")
    assert sum(len(edit.new_text) for edit in edits(resolved)) == len("= n //")


def test_fix_all(editor: Editor, project: Path) -> None:
    document = editor.open(project / "all.py", HALVING)
    anywhere = types.Range(types.Position(0, 0), types.Position(0, 0))
    (action,) = editor.actions(document, anywhere, ["source.fixAll"])
    assert action.kind == "source.fixAll.tracefix"
    assert applied(HALVING, edits(editor.resolve(action))) == HALVED
