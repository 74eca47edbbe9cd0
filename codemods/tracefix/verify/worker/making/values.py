"""The values that an example is made of, as data that can be changed and told as Python's text."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

_LARGEST = 1 << 24  # elements of a tensor


@dataclass(frozen=True)
class Text:
    """Any value, by its expression."""

    text: str


@dataclass(frozen=True)
class Array:
    """A tensor: reals from 0 to 1, whole numbers below `high`, truths, or counts
    that fall to 1."""

    shape: tuple[int, ...]
    kind: str = "real"
    high: int = 4

    @property
    def text(self) -> str:
        sizes = ", ".join(map(str, self.shape)) if self.shape else "()"
        if self.kind == "int":
            return f"torch.randint({self.high}, {self.shape})"
        if self.kind == "count":
            return f"torch.arange({math.prod(self.shape)}, 0, -1)"
        if self.kind == "bool":
            return f"torch.rand({sizes}) > 0.5"
        return f"torch.rand({sizes})"

    @property
    def is_bounded(self) -> bool:
        """Whether it has elements, and not too many."""
        return 0 < math.prod(self.shape) <= _LARGEST

    def sized(self, *shape: int) -> Array:
        return replace(self, shape=tuple(shape))


@dataclass(frozen=True)
class Several:
    """A list or tuple."""

    items: tuple[Value, ...]
    kind: str = "list"

    @property
    def text(self) -> str:
        inside = ", ".join(item.text for item in self.items)
        if self.kind == "list":
            return f"[{inside}]"
        return f"({inside},)" if len(self.items) == 1 else f"({inside})"


@dataclass(frozen=True)
class Fields:
    """What is read by names: as attributes ("object"), keys ("mapping") or both ("both")."""

    items: tuple[tuple[str, Value], ...] = ()
    kind: str = "object"

    @property
    def text(self) -> str:
        plain = all(name.isidentifier() for name, _ in self.items)
        if self.kind == "object" and plain:
            inside = ", ".join(f"{name}={value.text}" for name, value in self.items)
            return f"SimpleNamespace({inside})"
        inside = ", ".join(f"{name!r}: {value.text}" for name, value in self.items)
        return f"{{{inside}}}" if self.kind == "mapping" else f"Settings({{{inside}}})"

    def having(self, name: str, value: Value) -> Fields:
        """The same with one more, or another, named value."""
        return replace(self, items=tuple({**dict(self.items), name: value}.items()))


Value = Text | Array | Several | Fields
