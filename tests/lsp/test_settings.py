"""The client's settings and the project's: whose findings, and what is said of bad ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from lsp.conftest import MakeEditor
from lsp.editor import Editor
from lsp.models import HALVING, RULE
from tracefix.lsp.settings import Verify, settings_from


def _configure(editor: Editor, settings: Any) -> None:
    params = types.DidChangeConfigurationParams(settings)
    editor.tell(editor.client.workspace_did_change_configuration, params)


def test_settings_by_their_names_in_pyproject() -> None:
    settings = settings_from({"per-file-ignores": {"a": []}, "jobs": 2, "select": None})
    assert settings.options == {"per_file_ignores": {"a": []}, "jobs": 2}
    assert (settings.verify, settings.complaints) == (Verify.ON_REQUEST, ())
    assert settings_from(None) == settings_from([]) == settings_from({})


def test_what_cannot_be_taken_runs_nothing() -> None:
    settings = settings_from({"verify": "onsave", "ingore": []})
    assert settings.verify is Verify.OFF
    assert settings.complaints == (
        "setting tracefix.ingore: unknown (did you mean 'ignore'?)",
        "setting tracefix.verify: must be one of off, onRequest, onSave; not 'onsave'",
    )


def test_no_is_no() -> None:
    assert settings_from({"verify": False}).verify is Verify.OFF
    assert settings_from({"verify": None}).verify is Verify.ON_REQUEST


def test_each_folder_has_its_own_settings(make_editor: MakeEditor, tmp_path: Path) -> None:
    silent, told = tmp_path / "silent", tmp_path / "told"
    for folder in (silent, told):
        folder.mkdir()
    (silent / "pyproject.toml").write_text(f'[tool.tracefix]\nignore = ["{RULE}"]\n')
    editor = make_editor(folders=[silent, told])
    assert editor.diagnostics(editor.open(silent / "m.py", HALVING)) == []
    document = editor.open(told / "m.py", HALVING)
    assert len(editor.diagnostics(document)) == 2

    (told / "pyproject.toml").write_text('[tool.tracefix]\nexclude = ["m.py"]\n')
    editor.said.clear()
    event = types.FileEvent((told / "pyproject.toml").as_uri(), types.FileChangeType.Created)
    params = types.DidChangeWatchedFilesParams([event])
    editor.tell(editor.client.workspace_did_change_watched_files, params)
    assert editor.diagnostics(document) == []


def test_the_clients_settings_replace_the_projects(make_editor: MakeEditor, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.tracefix]\nignore = ["{RULE}"]\n')
    editor = make_editor(folders=[tmp_path], settings={"ignore": []})
    document = editor.open(tmp_path / "m.py", HALVING)
    assert len(editor.diagnostics(document)) == 2
    asked = editor.wait(types.WORKSPACE_CONFIGURATION).items
    assert [(item.scope_uri, item.section) for item in asked] == [(document.uri, "tracefix")]
    editor.settings = {"select": ["tensor-branch"]}
    editor.said.clear()
    _configure(editor, None)
    assert editor.diagnostics(document) == []


def test_a_client_that_is_slow_to_answer_while_its_user_types(
    make_editor: MakeEditor, tmp_path: Path
) -> None:
    editor = make_editor(folders=[tmp_path], settings={"ignore": [RULE]})
    editor.slowness = 1.0
    document = editor.open(tmp_path / "m.py", HALVING)
    for line in range(4):
        editor.change(document, "\n" * line + HALVING)
    _configure(editor, None)
    assert editor.diagnostics(document) == []
    assert not [p for m, p in editor.said if m == types.WINDOW_SHOW_MESSAGE]


def test_a_client_that_is_not_asked_sends_them(make_editor: MakeEditor, tmp_path: Path) -> None:
    editor = make_editor(folders=[tmp_path], extra={"ignore": [RULE]})
    document = editor.open(tmp_path / "m.py", HALVING)
    assert editor.diagnostics(document) == []
    editor.said.clear()
    _configure(editor, {"tracefix": {"verify": "off"}})
    assert len(editor.diagnostics(document)) == 2


@pytest.mark.parametrize(
    ("project", "client", "said"),
    [
        ("jobs = 0", {}, r"tracefix: .*pyproject.toml: tool.tracefix.jobs: must be at least 1"),
        ("ingore = []", {}, r"tool.tracefix.ingore: unknown key \(did you mean 'ignore'\?\)"),
        ("", {"select": ["nosuch"]}, r"setting tracefix.select: unknown rule 'nosuch'"),
        ("", {"verfy": "off"}, r"setting tracefix.verfy: unknown \(did you mean 'verify'\?\)"),
    ],
)
def test_bad_settings_are_said_once(
    make_editor: MakeEditor, tmp_path: Path, project: str, client: dict[str, Any], said: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.tracefix]\n{project}\n")
    editor = make_editor(folders=[tmp_path], settings=client)
    for name in ("a.py", "b.py"):
        editor.diagnostics(editor.open(tmp_path / name, HALVING))
    told = [p.message for m, p in editor.said if m == types.WINDOW_SHOW_MESSAGE]
    assert len(told) == 1
    assert re.search(said, told[0])


def test_an_encoding_that_cannot_hold_the_text(make_editor: MakeEditor, tmp_path: Path) -> None:
    editor = make_editor(folders=[tmp_path])
    text = "# -*- coding: latin-1 -*-\n" + HALVING
    assert len(editor.diagnostics(editor.open(tmp_path / "m.py", text))) == 2
    assert editor.diagnostics(editor.open(tmp_path / "n.py", text + "# 🎉\n")) == []
    told = editor.wait(types.WINDOW_SHOW_MESSAGE).message
    assert told == "tracefix: n.py: iso-8859-1 cannot hold '🎉'"
