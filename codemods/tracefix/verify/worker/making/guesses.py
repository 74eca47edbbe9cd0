"""What a constructor's parameter may be given: the likeliest first, and what to try after it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

import torch

from tracefix.verify.hints import Uses
from tracefix.verify.worker.making.names import kind_of
from tracefix.verify.worker.making.values import Array, Fields, Several, Text, Value

NONE, FALSE, TRUE = Text("None"), Text("False"), Text("True")
_MODULES = ("torch.nn.Identity()", "torch.nn.ReLU()")
_FACTORIES = {
    "norm layer": ("torch.nn.BatchNorm2d", "torch.nn.LayerNorm", "torch.nn.BatchNorm1d"),
    "activation": ("torch.nn.ReLU", "torch.nn.GELU"),
    "layer": ("torch.nn.Linear", "torch.nn.Conv2d", "torch.nn.Identity"),
}
_STRINGS = {
    "norm layer": ("'batch'", "'bn'", "'layer'", "'none'"),
    "activation": ("'relu'", "'ReLU'", "'gelu'", "'tanh'"),
    "name": ("'mean'", "'train'", "'max'", "'zero'"),
    "device": ("'cpu'",),
}


@dataclass(frozen=True)
class Parameter:
    """A parameter of the constructor, with what is known of it."""

    name: str
    uses: Uses
    required: bool
    default: object = None
    by_name: bool = True


@dataclass(frozen=True)
class Guesses:
    """Makes values for parameters, all sizes alike, so that what meets fits."""

    module: ModuleType
    size: int = 4

    def first(self, parameter: Parameter) -> Value | None:
        """The likeliest value; None to leave the parameter at its default."""
        if parameter.required:
            return next(self.likely(parameter.name, parameter.uses))
        if kind_of(parameter.name) == "pretrained" and parameter.default is True:
            return FALSE
        return None

    def likely(self, name: str, uses: Uses) -> Iterator[Value]:
        """Values for a parameter, the likeliest first; each once."""
        seen = set()
        for value in self._likely(name, uses):
            if value not in seen:
                seen.add(value)
                yield value

    def _likely(self, name: str, uses: Uses) -> Iterator[Value]:
        yield from self._annotated(name, uses)
        yield from self._used(name, uses)
        yield self.named(name)
        for text in _STRINGS.get(kind_of(name), ()):
            yield Text(text)
        yield from self.modules()

    def _annotated(self, name: str, uses: Uses) -> Iterator[Value]:
        """What the annotation says, where it says one thing."""
        plain = re.sub(r"\b(typing|t)\.", "", uses.annotation.strip("'\""))
        plain = re.sub(r"^Optional\[(.*)\]$", r"\1", plain).replace(" | None", "")
        numbers = {"float": "0.5", "bool": "False", "int": ""}
        if plain in numbers:
            yield self._number(name) if plain == "int" else Text(numbers[plain])
        elif plain == "str" and not uses.compared:
            yield Text(_STRINGS.get(kind_of(name), ("'mean'",))[0])
        elif re.match(r"(List|Sequence|Iterable|list|Tuple|tuple)\[(int|float|bool)", plain):
            yield from self._lists(name, uses, "tuple" if plain[0] in "Tt" else "list")
        elif re.match(r"(Dict|dict|Mapping)\b", plain):
            yield self._fields(uses, "mapping")
        elif re.match(r"(nn\.Module|Module|torch\.nn\.Module)$", plain):
            yield from self.modules()
        elif re.match(r"(Type|type)\[", plain):
            yield from self.factories(name, uses)
        elif re.search(r"Tensor$", plain):
            yield Array((self.size,))

    def _used(self, name: str, uses: Uses) -> Iterator[Value]:
        """What the uses ask for."""
        strings = [text for text in uses.compared if text[:1] in "'\""]
        for text in strings:
            yield Text(text)
        attributes = [each for each in uses.attributes if not _is_of_list(each)]
        if uses.calls and (attributes or max(uses.calls) > 0):
            yield from self.factories(name, uses)
        elif uses.calls or uses.called_later:
            yield from self.modules()
        if attributes and not _is_of_tensor(attributes):
            if kind_of(name) in ("block", "norm layer", "activation") or "expansion" in attributes:
                yield from self.factories(name, uses)
            yield self._fields(uses, "both" if uses.keys else "object")
        if uses.keys:
            yield self._fields(uses, "mapping")
        if kind_of(name) == "config":
            yield Fields()
        if uses.counted or uses.calculated:
            yield self._number(name)
        if uses.iterated or uses.sized or uses.subscripted or uses.unpacked:
            yield from self._lists(name, uses, "list")
        for text in uses.compared:
            yield Text(text)

    def named(self, name: str) -> Value:
        """A value by the name alone."""
        kind = kind_of(name)
        if kind in ("switch", "pretrained"):
            return FALSE
        if kind in ("part",):
            return Text("0.5")
        if kind in ("name", "device", "norm layer", "activation") and kind in _STRINGS:
            if kind == "norm layer":
                return Text("torch.nn.BatchNorm2d")
            return Text("torch.nn.ReLU()" if kind == "activation" else _STRINGS[kind][0])
        if kind == "config":
            return Fields()
        if kind == "layer":
            return Text(_MODULES[0])
        if kind == "block":
            return next(self.factories(name, Uses()))
        if kind == "path":
            return NONE
        return self._number(name)

    def _number(self, name: str) -> Text:
        kind = kind_of(name)
        number = {"kernel": 3, "one": 1, "count": 2, "heads": 2}.get(kind, self.size)
        if kind in ("count", "heads") and name.lower().endswith(("channels", "dim", "size")):
            number = self.size
        return Text(str(number))

    def _lists(self, name: str, uses: Uses, kind: str) -> Iterator[Value]:
        """Lists of a likely number; longer ones where a subscript asks for more."""
        one = self._number(name)
        asked = max((i + 1 if i >= 0 else -i for i in uses.indices), default=0)
        for length in dict.fromkeys((uses.unpacked or max(asked, 2), 4, 3, 1, 5)):
            if length >= asked:
                yield Several((one,) * length, kind)

    def _fields(self, uses: Uses, kind: str) -> Value:
        made = Fields(kind=kind)
        for path in sorted((*uses.keys, *uses.attributes)):
            if not _is_of_list(path) and path not in ("get", "keys", "items", "pop"):
                made = self.with_setting(made, path.split("."))
        return made

    def with_setting(self, made: Fields, path: list[str]) -> Fields:
        """`made` with a value for a setting, which may be one of another's."""
        name, rest = path[0], path[1:]
        known = dict(made.items).get(name)
        if rest and not _is_of_list(rest[0]) and not _is_of_tensor(rest[:1]):
            inner = known if isinstance(known, Fields) else Fields(kind=made.kind)
            return made.having(name, self.with_setting(inner, rest))
        return made if known is not None else made.having(name, self.named(name))

    def modules(self) -> Iterator[Value]:
        """Modules as they stand for any."""
        for text in _MODULES:
            yield Text(text)
        yield Text(f"torch.nn.Linear({self.size}, {self.size})")

    def factories(self, name: str, uses: Uses) -> Iterator[Value]:
        """Classes, to be called in the constructor."""
        kind = kind_of(name)
        own = list(self._own_classes(uses))
        if kind not in _FACTORIES:
            yield from own
        for text in _FACTORIES.get(kind, ()):
            yield Text(text)
        yield from own
        for text in ("torch.nn.ReLU", "torch.nn.BatchNorm2d", "torch.nn.Conv2d", "torch.nn.Linear"):
            yield Text(text)

    def _own_classes(self, uses: Uses) -> Iterator[Value]:
        """Modules of the file that have what is read of the class, and take the arguments."""
        wanted = [each for each in uses.attributes if "." not in each and each != "__name__"]
        for name, found in vars(self.module).items():
            if not (isinstance(found, type) and issubclass(found, torch.nn.Module)):
                continue
            if found.__module__ != self.module.__name__ or (not wanted and not uses.calls):
                continue
            if all(hasattr(found, each) for each in wanted) and _takes(
                found, max(uses.calls, default=0)
            ):
                yield Text(f"module.{name}")


def _takes(found: type, number: int) -> bool:
    try:
        signature = inspect.signature(found)
        signature.bind_partial(*(0,) * number)
    except (TypeError, ValueError):
        return False
    required = [p for p in signature.parameters.values() if p.default is p.empty]
    return len([p for p in required if p.kind is p.POSITIONAL_OR_KEYWORD]) <= max(number, 1) + 1


def _is_of_list(path: str) -> bool:
    return path in (
        "append",
        "extend",
        "copy",
        "index",
        "insert",
        "split",
        "lower",
        "upper",
        "format",
    )


_OF_TENSOR = frozenset(
    [
        "shape",
        "size",
        "view",
        "dim",
        "clone",
        "float",
        "long",
        "detach",
        "data",
        "unsqueeze",
        "reshape",
        "transpose",
        "repeat",
        "expand",
    ]
)


def _is_of_tensor(attributes: list[str]) -> bool:
    return all(path.partition(".")[0] in _OF_TENSOR for path in attributes)


def parameters_of(found: type, uses: Mapping[str, Uses]) -> list[Parameter]:
    """The parameters of a class's constructor; starred ones are left out."""
    try:
        listed = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return []
    return [
        Parameter(
            each.name,
            uses.get(each.name, Uses(annotation=_annotation(each))),
            each.default is each.empty,
            None if each.default is each.empty else each.default,
            each.kind is not each.POSITIONAL_ONLY,
        )
        for each in listed
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]


def hands_on(found: type) -> bool:
    """Whether a class's constructor takes arguments of any name."""
    try:
        listed = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(each.kind is each.VAR_KEYWORD for each in listed)


def _annotation(parameter: inspect.Parameter) -> str:
    found = parameter.annotation
    if found is parameter.empty:
        return ""
    return found if isinstance(found, str) else getattr(found, "__name__", str(found))
