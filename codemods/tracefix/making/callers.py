"""Which classes of a project are built by others."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from tracefix.facts import Facts
from tracefix.facts.tree import walk
from tracefix.model import Subject


def built_by_others(facts: Mapping[str, Facts], subjects: Collection[Subject]) -> set[Subject]:
    """Those of some classes that another of them calls in its text."""
    first = next(iter(facts.values()), None)
    if first is None:
        return set()
    project, found = first.project, set[Subject]()
    for subject in subjects:
        owner = project.classes.get(subject)
        for node in walk(owner.node) if owner is not None else ():
            if isinstance(node, ast.Call) and owner is not None:
                called = project.find_class(owner.unit, node.func)
                if called is not None and called.subject != subject:
                    found.add(called.subject)
    return found & set(subjects)
