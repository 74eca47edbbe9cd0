"""What the runs of all examples have shown, as one answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from tracefix.facts.observed import spelled
from tracefix.model import Observed
from tracefix.verify.protocol import Baseline

_GUESSED = frozenset({"made", "recorded"})  # recorded ones may come from a run that was made up
_OF_FUNCTIONS = frozenset({"parameters", "locals", "returns"})


def together(baselines: Iterable[Baseline]) -> Observed:
    """All that the runs have shown, joined.

    Where an example that tracefix made up gives a function something that does not go with what
    examples of the project's own give it, theirs alone counts: the guess may be wrong.
    """
    known = list(baselines)
    own = _joined(b.observed for b in known if b.example not in _GUESSED)
    guessed = _joined(b.observed for b in known if b.example in _GUESSED)
    for name, held in own.items():
        for key, types in guessed[name].items():
            if key in held and name in _OF_FUNCTIONS and _contradicts(types, held[key]):
                continue
            held[key] = held.get(key, frozenset()) | types
    return Observed(**own)


def _contradicts(guessed: frozenset[str], own: frozenset[str]) -> bool:
    return spelled(own) is not None and spelled(own | guessed) is None


def _joined(observed: Iterable[Observed]) -> dict[str, Any]:
    joined: dict[str, dict[Any, frozenset[str]]] = {f.name: {} for f in fields(Observed)}
    for one in observed:
        for name, held in joined.items():
            for key, types in getattr(one, name).items():
                for known in _names(key):
                    held[known] = held.get(known, frozenset()) | types
    return joined


def _names(key: Any) -> Iterator[Any]:
    """Where something was seen, and where it will be once a rule has made `__call__` the forward."""
    yield key
    if isinstance(key, tuple) and any(part.endswith(".__call__") for part in key):
        yield tuple(re.sub(r"\.__call__$", ".forward", part) for part in key)
