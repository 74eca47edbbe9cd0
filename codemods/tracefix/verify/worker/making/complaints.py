"""What Python's own complaints say of the value that is amiss."""

from __future__ import annotations

import math
import re
from types import ModuleType

from tracefix.verify.worker.making.attempts import Failure
from tracefix.verify.worker.making.lines import names_at

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("callable", r"object is not callable|is not a Module subclass|is not callable"),
    ("several", r"object is not iterable|has no len\(\)|object is not subscriptable|"
     r"cannot unpack non-iterable|must be an iterable|index out of range|not enough values|"
     r"zip argument|is not a sequence|not reversible"),
    ("mapping", r"string indices must be|indices must be integers or slices, not str|must be a mapping|"
     r"got str\)|too many dimensions 'str'"),
    ("number", r"cannot be interpreted as an integer|'NoneType' and|and 'NoneType'|NoneType and|"
     r"non-int of type|only integer tensors|must be (an )?(int|number|float|real|SymInt)|"
     r"element of type|not (str|NoneType|list|type|Tensor|Identity|function)$|"
     r"unsupported operand|not supported between|bad operand type|tuple of ints|"
     r"only one element tensors|expected (int|a number)|required argument is not"),
    ("truth", r"[Bb]oolean value of Tensor"),
    ("attribute", r"object has no attribute|no setting"),
    ("name", r"KeyError|not supported|[Uu]nknown|[Ii]nvalid|not implemented|NotImplementedError|not found|"
     r"should be|must be|UnboundLocalError|cannot access local|is not (a |an )?valid|has no attribute"),
)  # fmt: skip
_SMALL = re.compile(
    r"too small|greater than actual input size|smaller than kernel|should be less than the corresp|"
    r"stride should not be zero|non-empty|should be greater than zero|more than 1 spatial element|"
    r"negative dimension|at least one|zero-size|kernel_size .* must"
)
_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in _PATTERNS]


def kinds_of(error: BaseException) -> tuple[str, ...]:
    """The kinds of value that would answer a complaint, the likeliest first."""
    text = f"{type(error).__name__}: {error}"
    return tuple(kind for kind, pattern in _COMPILED if pattern.search(text))


def expected_count(error: BaseException) -> int:
    """Into how many names something was to be unpacked; 0 where that is not the complaint."""
    found = re.search(r"values to unpack \(expected (\d+)", str(error))
    return int(found[1]) if found else 0


def is_too_small(error: BaseException) -> bool:
    """Whether a height, width or length was used up."""
    return _SMALL.search(str(error)) is not None


def reshaping(error: BaseException) -> tuple[int, int]:
    """How many elements there were, and how many the asked shape has but for a -1; or (0, 0)."""
    found = re.search(r"shape '\[([-\d, ]+)\]' is invalid for input of size (\d+)", str(error))
    if found is None:
        return 0, 0
    sizes = [int(size) for size in found[1].split(",")]
    return int(found[2]), math.prod(size for size in sizes if size > 0)


def names_in(failed: Failure, module: ModuleType) -> set[str]:
    """What the lines that led to a failure speak of, in the file under test."""
    own = [frame for frame in failed.frames if frame.file == getattr(module, "__file__", None)]
    return {name for frame in own for name in names_at(frame.file, frame.line)}
