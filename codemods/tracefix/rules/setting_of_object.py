"""Read a setting of a config object in forward: `self.opt.scale`.

What it does
    Finds what forward reads from an object that __init__ was given, a namespace, a dictionary or
    an object of a class of one's own, and lets __init__ keep each setting as an attribute.

Why TorchScript rejects it
    A compiled module holds tensors, numbers, strings, and lists, tuples and dictionaries of one type,
    but no other objects: "failed to convert Python type: 'Namespace'".

Example
    from types import SimpleNamespace

    import torch
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, opt: SimpleNamespace):
            super().__init__()
            self.opt = opt

        def forward(self, x):
            return x * self.opt.scale

Use instead
    from types import SimpleNamespace

    import torch
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, opt: SimpleNamespace):
            super().__init__()
            self.opt = opt
            self.opt_scale = self.opt.scale

        def forward(self, x):
            return x * self.opt_scale

When it is refused
    Where code assigns the setting, which forward would then not notice; where the object comes from
    elsewhere than one statement of __init__; and where forward may never get to read it, so that an
    object may lack it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.settings import (
    Setting,
    changed_at,
    definition_of,
    is_always_read,
    settings,
)
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, after, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="setting-of-object",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"has no attribute", r"Type mismatch", r"aten::"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first read of each setting."""
    for setting in settings(facts):
        text = facts.unit.text(setting.reads[0])
        yield Hit(setting.reads[0], f"{text}: TorchScript has no such objects", setting)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """An attribute of its own for the setting."""
    setting = hit.detail
    assert isinstance(setting, Setting)
    definition = definition_of(setting, facts)
    if isinstance(definition, str):
        return Refusal(definition)
    changed = changed_at(setting, facts)
    shown = facts.unit.text(setting.reads[0])
    if changed is not None:
        return Refusal(f"{changed} assigns {setting.path[-1]}, which a copy would not notice")
    if not is_always_read(setting, facts):
        return Refusal(f"a call may never read {shown}, which then need not be there")
    name = _attribute(setting, facts)
    kept = after(definition, f"self.{name} = {shown}")
    edits = (kept, *(replace(read, f"self.{name}") for read in setting.reads))
    return Change(f"keep {shown} as self.{name}", edits)


def _attribute(setting: Setting, facts: Facts) -> str:
    """`opt_scale`, or `opt_scale_2` ... where that has a meaning."""
    joined = "_".join((setting.holder, *setting.path)).lower()
    name = re.sub(r"\W+", "_", joined).strip("_")
    taken = {n.attr for n in walk(facts.unit.tree) if isinstance(n, ast.Attribute)}
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
