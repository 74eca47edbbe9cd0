"""What an editor does with the edits that it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types


def place(line: int, character: int) -> types.Position:
    return types.Position(line, character)


def edits(action: types.CodeAction) -> list[types.TextEdit]:
    """The edits of a resolved action, which are of one document."""
    assert action.edit is not None
    assert action.edit.document_changes is not None
    (change,) = action.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    return [edit for edit in change.edits if isinstance(edit, types.TextEdit)]


def applied(text: str, edits: Sequence[types.TextEdit], encoding: str = "utf-16") -> str:
    """A text with edits carried out as a client does: from the last to the first, by its units."""
    lines = _lines(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(position: types.Position) -> int:
        line = lines[position.line] if position.line < len(lines) else ""
        if encoding == "utf-32":
            column = position.character
        elif encoding == "utf-8":
            column = len(line.encode()[: position.character].decode())
        else:
            column = len(line.encode("utf-16-le")[: position.character * 2].decode("utf-16-le"))
        return starts[position.line] + column

    for edit in sorted(edits, key=lambda e: offset(e.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def _lines(text: str) -> list[str]:
    """The lines as the protocol has them: they end with CR LF, LF or CR."""
    lines, rest = [], text
    while rest:
        end = min((i for i in (rest.find("\n"), rest.find("\r")) if i >= 0), default=-1)
        if end < 0:
            break
        end += 2 if rest[end : end + 2] == "\r\n" else 1
        lines.append(rest[:end])
        rest = rest[end:]
    return [*lines, rest]
