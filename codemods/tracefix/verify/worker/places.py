"""Where an error was, as lines and columns of the project's files."""

from __future__ import annotations

import linecache
import re
from pathlib import Path
from types import FrameType, TracebackType

from tracefix.model import Place

_FRAME = re.compile(r'^\s*File "(?P<file>[^"\n]+)", line (?P<line>\d+)[^\n]*$')
_RECORDED = re.compile(r"^(?P<file>[^\s(][^(]*)\((?P<line>\d+)\): [\w<>.]+$")
_LAST = "(most recent call last):"
_NOISE = re.compile(
    rf"{_RECORDED.pattern}|The following operation failed in the|Traceback of Torch"
)
_HERE = re.compile(r"^(?P<before>\s*)(?P<marks>[~.]*)\s*<--- HERE")
_ORIGINAL = "Traceback of TorchScript, original code (most recent call last):"
_OWN = str(Path(__file__).resolve().parent)


class Places:
    """Names places in the files of one tree by their paths in the project."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/") + "/"

    def path(self, file: str) -> str:
        """`file` from the project's root where it is of the tree, else as it is."""
        return file.removeprefix(self._root)

    def inside(self, file: str) -> bool:
        """Whether `file` is of the tree."""
        return file.startswith(self._root)

    def of_message(self, message: str) -> tuple[Place, ...]:
        """The places that TorchScript's message names, innermost first."""
        _, original, rest = message.partition(_ORIGINAL)
        told = rest if original else message
        places = self._blocks(told)
        outermost_first = original or _LAST in message
        return tuple(reversed(places) if outermost_first else places) or tuple(self._listed(told))

    def of_traceback(self, trace: TracebackType | None) -> tuple[Place, ...]:
        """The places that a Python exception went through, innermost first."""
        places = []
        while trace is not None:
            place = self._of_code(trace.tb_frame, trace.tb_lineno, trace.tb_lasti)
            if not trace.tb_frame.f_code.co_filename.startswith((_OWN, "<")):
                places.append(place)
            trace = trace.tb_next
        return tuple(reversed(places))

    def of_syntax_error(self, error: SyntaxError) -> tuple[Place, ...]:
        """Where Python could not read a file."""
        if error.filename is None or error.lineno is None:
            return ()
        return (Place(self.path(error.filename), error.lineno, max((error.offset or 1) - 1, 0)),)

    def of_caller(self, frame: FrameType | None) -> Place | None:
        """The innermost place of the tree in a stack of frames."""
        while frame is not None:
            if self.inside(frame.f_code.co_filename):
                return self._of_code(frame, frame.f_lineno, frame.f_lasti)
            frame = frame.f_back
        return None

    def _of_code(self, frame: FrameType, line: int, instruction: int) -> Place:
        file, column = frame.f_code.co_filename, 0
        if hasattr(frame.f_code, "co_positions"):  # Python 3.11
            positions = list(frame.f_code.co_positions())
            column = positions[instruction // 2][2] or 0
        return Place(self.path(file), line, _characters(linecache.getline(file, line), column))

    def _listed(self, message: str) -> list[Place]:
        """The stack that a trace keeps of its recording: each line says file(line): function."""
        lines = [found for found in map(_RECORDED.match, message.splitlines()) if found]
        return [self.of_line(found["file"], int(found["line"])) for found in lines]

    def of_line(self, file: str, line: int) -> Place:
        """A line's first character that is not blank."""
        text = linecache.getline(file, line)
        return Place(self.path(file), line, len(text) - len(text.lstrip()))

    def _blocks(self, message: str) -> list[Place]:
        places: list[Place] = []
        file, number, previous = "", 0, ""
        for text in message.splitlines():
            frame, here = _FRAME.match(text), _HERE.match(text)
            if frame:
                file, number = frame["file"], int(frame["line"])
            elif here and file:
                places.append(self._marked(file, number, previous, len(here["before"])))
                file = ""
            previous = text
        return places

    def _marked(self, file: str, number: int, shown: str, offset: int) -> Place:
        """The place of a mark at byte `offset` below the line that torch shows of the file."""
        line = linecache.getline(file, number)
        indent = len(line) - len(line.lstrip())
        column = indent + offset - (len(shown) - len(shown.lstrip()))
        return Place(self.path(file), number, _characters(line, max(column, 0)))


def _characters(line: str, byte_column: int) -> int:
    return len(line.encode()[:byte_column].decode(errors="ignore"))


def without_snippets(message: str) -> str:
    """TorchScript's message without the source that it shows and where it was loaded from."""
    interpreted, original, rest = message.partition(_ORIGINAL)
    kept, shown, marked = [], False, False
    for line in (rest if original else interpreted).splitlines():
        if shown and marked and line[:1].strip():
            shown = False  # the first line after a mark that is not of the source shown
        if _FRAME.match(line):
            shown, marked = True, False
        elif shown:
            marked = marked or bool(_HERE.match(line))
        elif line.strip() and not _NOISE.match(line):
            kept.append(line.rstrip())
    return "\n".join(kept)
