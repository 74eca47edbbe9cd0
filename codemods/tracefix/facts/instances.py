"""What the instances of a class hold in an attribute, as runs have shown it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracefix.facts.project import ClassInfo

if TYPE_CHECKING:
    from tracefix.facts import Facts


def held(info: ClassInfo, name: str, facts: Facts) -> frozenset[str]:
    """The types of `self.name` in every instance seen, of the class or of one derived from it."""
    family = (info, *facts.project.derived(info))
    seen = (facts.observed.attributes.get((str(c.subject), name), frozenset()) for c in family)
    return frozenset().union(*seen)
