"""An example that nobody wrote, as Python's text: what runs is what a reader can be shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """One argument of a call: an expression, and the parameter it is for."""

    text: str
    name: str
    by_name: bool = True

    def __str__(self) -> str:
        return f"{self.name}={self.text}" if self.by_name else self.text


@dataclass(frozen=True)
class Recipe:
    """How to build a module and its inputs.

    The expressions know `torch`, `SimpleNamespace`, and `module`, which is the module that the
    class lies in.
    """

    origin: str  # "found", "recorded" or "made"
    construct: tuple[Argument, ...] = ()
    inputs: tuple[Argument, ...] = ()

    @property
    def expressions(self) -> tuple[str, ...]:
        """Every expression in it."""
        return tuple(argument.text for argument in (*self.construct, *self.inputs))
