"""What forward's parameters may be given at first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracefix.verify.hints import Uses
from tracefix.verify.worker.making.names import input_kind
from tracefix.verify.worker.making.values import Array, Fields, Several, Text, Value

_OF_LISTS = ("append", "extend", "insert", "pop", "index", "copy")
_OF_TENSORS = frozenset(dir(__import__("torch").Tensor))


@dataclass(frozen=True)
class Input:
    """A parameter of forward, with what is known of it."""

    name: str
    uses: Uses
    required: bool
    by_position: bool


def inputs_of(found: Any, uses: Mapping[str, Uses]) -> list[Input]:
    """The parameters of a class's forward; `*args` counts as one input where it is alone."""
    try:
        listed = list(inspect.signature(found.forward).parameters.values())[1:]
    except (TypeError, ValueError, AttributeError):
        return []
    inputs = [
        Input(
            each.name,
            uses.get(each.name, Uses()),
            each.default is each.empty,
            each.kind is not each.KEYWORD_ONLY,
        )
        for each in listed
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    starred = [each for each in listed if each.kind is each.VAR_POSITIONAL]
    if starred and not inputs:
        return [Input(starred[0].name, Uses(), True, True)]
    return inputs


def first_value(given: Input, rank: int, size: int) -> Value:
    """The likeliest value of an input, a tensor of that rank where nothing says another."""
    uses, plain = given.uses, given.uses.annotation.strip("'\"")
    plain = re.sub(r"^Optional\[(.*)\]$", r"\1", plain)
    strings = [text for text in uses.compared if text[:1] in "'\""]
    if plain in ("int", "float", "bool", "str"):
        return Text(
            {"int": "2", "float": "0.5", "bool": "False"}.get(plain, (strings or ["''"])[0])
        )
    kind = {"int": "indices", "bool": "mask"}.get(uses.kind) or input_kind(given.name)
    array = _array(kind, uses, rank, size)
    if re.match(r"(typing\.)?(List|Sequence|Tuple|list|tuple)\[.*Tensor", plain):
        number = plain.count("Tensor") if plain.lower().startswith("tuple") else 2
        kept = "tuple" if "uple" in plain else "list"
        return Several((array,) * number, kept)
    if strings:
        return Text(strings[0])
    if uses.keys:
        return Fields(
            tuple((key, _array(input_kind(key), Uses(), rank, size)) for key in uses.keys),
            "mapping",
        )
    others = [name.partition(".")[0] for name in uses.attributes]
    foreign = [name for name in dict.fromkeys(others) if name not in _OF_TENSORS]
    if foreign and not any(name in _OF_LISTS for name in foreign):
        return Fields(
            tuple((name, _array(input_kind(name), Uses(), rank, size)) for name in foreign)
        )
    if foreign:
        return Several((array, array))
    if uses.counted and not uses.attributes:
        return Text("2")
    if kind == "switch":
        return Text("False")
    return array


def _array(kind: str, uses: Uses, rank: int, size: int) -> Array:
    if kind == "lengths":
        return Array((size,), "count", size)
    known = uses.rank or max(uses.least_rank, rank)
    if kind == "indices":
        return Array(
            (size,) * (uses.rank or max(uses.least_rank, 2 if rank > 2 else rank)), "int", size
        )
    return Array((size,) * known, "bool" if kind == "mask" else "real")


def others(value: Value, given: Input, size: int) -> Iterator[tuple[float, Value]]:
    """What else an input may be, where nothing tells what is amiss; each with its cost."""
    uses = given.uses
    if isinstance(value, Array):
        for n, rank in enumerate((4, 3, 2, 1, 5)):
            if rank != len(value.shape):
                yield 2 + 0.2 * n, value.sized(*(size,) * rank)
        for kind in ("real", "int", "bool"):
            if kind != value.kind:
                yield 2.5, Array(value.shape, kind, 2 if kind == "bool" else size)
        number = uses.unpacked or max((i + 1 for i in uses.indices), default=2)
        if 0 < number < 9:
            cost = 2.0 if uses.iterated or uses.sized or uses.unpacked or uses.indices else 4.0
            yield cost, Several((value,) * number)
            yield cost + 1, Several((value,) * 4)
    if isinstance(value, Several):
        for n, rank in enumerate((4, 3, 2, 1)):
            yield 2.5 + n, Several((Array((size,) * rank),) * len(value.items), value.kind)
    for text in ("2", "0.5", "False", "None"):
        if text != value.text:
            yield 4.5, Text(text)
