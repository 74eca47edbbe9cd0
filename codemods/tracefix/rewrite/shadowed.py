"""Names that an edit writes and that stand for something else where it is written."""

from __future__ import annotations

import builtins
import re

from tracefix.facts.unit import Unit
from tracefix.rewrite.change import Change

_CALLED = re.compile(r"(?<![\w.{\"'])(?<!def )([A-Za-z_]\w*)\(")
_BUILTINS = frozenset(dir(builtins))


def shadowed_name(change: Change, unit: Unit) -> str | None:
    """A function of Python's own that an edit calls where a variable has that name: `len(x)` in a
    function with a `len = x.size(1)`."""
    for edit in change.edits:
        function = unit.function_of(edit.node)
        if function is None:
            continue
        called: set[str] = set(_CALLED.findall(edit.template))
        taken = sorted(called & _BUILTINS & unit.bound_names(function))
        if taken:
            return taken[0]
    return None
