"""What was worked out lately, and may be asked again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """Keeps the values that were asked for last, at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: dict[_Key, _Value] = {}  # the one asked for last comes last

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """The value of `key`, made anew where it is not held any more."""
        value = self._held.pop(key) if key in self._held else make()
        self._held[key] = value
        if len(self._held) > self._size:
            del self._held[next(iter(self._held))]
        return value
