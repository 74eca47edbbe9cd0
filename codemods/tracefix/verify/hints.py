"""What the text of a class tells of the arguments that it takes: facts, for the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracefix.verify.recipe import Argument

Build = tuple[Argument, ...]  # what a constructor is given somewhere, as far as it can be told


@dataclass(frozen=True)
class Uses:
    """What a function does with one of its parameters, as far as its text tells."""

    annotation: str = ""
    kind: str = ""  # "int" or "bool" where the annotation says so of a tensor
    calls: tuple[int, ...] = ()  # with how many arguments it is called, in __init__ itself
    called_later: bool = False  # by another method, through the attribute that keeps it
    iterated: bool = False
    sized: bool = False  # by len()
    indices: tuple[int, ...] = ()  # constants that it is subscripted with
    subscripted: bool = False
    keys: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()  # dotted: "model.width"
    compared: tuple[str, ...] = ()  # the constants that it is compared with, as their text
    unpacked: int = 0  # into so many names
    rank: int = 0  # its shape is unpacked into so many names
    least_rank: int = 0  # its shape is subscripted up to there
    types: tuple[str, ...] = ()  # that isinstance asks for
    counted: bool = False  # range() counts up to it
    calculated: bool = False  # with an operator of arithmetic
    tested: bool = False  # for its truth


@dataclass(frozen=True)
class Hints:
    """The uses of the parameters of a class's constructor and of its forward, by name.

    `builds` are calls of the constructor that the project has: each a start of its own.
    """

    construct: Mapping[str, Uses] = field(default_factory=dict)
    inputs: Mapping[str, Uses] = field(default_factory=dict)
    builds: tuple[Build, ...] = ()


@dataclass(frozen=True)
class Threshold:
    """A number at which a branch turns: of an input's values, or of its sizes in one dimension."""

    kind: str  # "value" or "size"
    bound: str  # as text: a number, or an attribute of self
    dim: int = 0
