"""Go through the layers backwards: `for layer in reversed(self.layers)`.

What it does
    Counts down, and picks each layer by its number (see `layer-by-index`). `self.layers[::-1]` is
    read alike.

Why TorchScript rejects it
    Layers are no values, and so there is neither a reversed list of them nor a slice that goes
    backwards.

Example
    import torch
    from torch import nn


    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x):
            for layer in reversed(self.layers):
                x = torch.relu(layer(x))
            return x

Use instead
    import torch
    from torch import nn


    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

        def forward(self, x):
            for n in range(len(self.layers) - 1, -1, -1):
                x = torch.relu(self.layers[n](x))
            return x

When it is refused
    Where the body hands the layer on or gives its name something else, where the layer is read
    behind the loop, and where several lists are zipped.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.layer_lists import LISTS, container_of
from tracefix.facts.layer_walks import Walk, is_call, layers_in, read_behind, walks
from tracefix.facts.literals import literal_int
from tracefix.facts.local_names import fresh_local
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="reversed-layers",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"reversed\(", r"has no attribute or method '__call__'"),
    after=("zip-of-layers-and-list",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Loops over one list of layers from its end."""
    for found in walks(facts):
        layers = [_reversed(s, facts) for _, s in found.pairs]
        if any(layers) and all(
            layers_in(i or s, facts) for i, (_, s) in zip(layers, found.pairs, strict=True)
        ):
            yield Hit(found.over, "TorchScript has no layers in reverse", (found, layers[0]))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A loop that counts down."""
    assert isinstance(hit.detail, tuple)
    found, layers = hit.detail
    assert isinstance(found, Walk)
    target = found.pairs[0][0]
    if len(found.pairs) > 1 or not isinstance(target, ast.Name):
        return Refusal("several lists are zipped, or a layer is unpacked")
    behind = read_behind(found, facts)
    if behind is not None:
        return Refusal(f"{behind} is read behind the loop")
    if found.binds(target.id) or (found.counter is not None and found.binds(found.counter.id)):
        return Refusal("the body gives the loop's variables something else")
    reads = [
        n
        for part in found.body
        for n in walk(part)
        if isinstance(n, ast.Name) and n.id == target.id
    ]
    if not all(_is_used_as_layer(n, facts) for n in reads):
        return Refusal(f"{target.id} is handed on as a value")
    function = facts.unit.function_of(found.loop)
    assert function is not None
    listed = ast.unparse(layers)
    if found.counter is not None:
        n = found.counter.id
        over, index = f"range(len({listed}))", f"len({listed}) - 1 - {n}"
    else:
        n = index = fresh_local("n", function, facts.unit)
        over = f"range(len({listed}) - 1, -1, -1)"
    edits: list[Edit] = [replace(found.target, n), replace(found.over, over)]
    edits += [replace(read, f"{listed}[{index}]") for read in reads]
    return Change("count down", tuple(edits))


def _reversed(sequence: ast.expr, facts: Facts) -> ast.expr | None:
    """`self.layers` of `reversed(self.layers)` and `self.layers[::-1]`."""
    inner: ast.expr | None = None
    if is_call(sequence, "list", facts) and isinstance(sequence, ast.Call) and sequence.args:
        return _reversed(sequence.args[0], facts)
    if is_call(sequence, "reversed", facts) and isinstance(sequence, ast.Call):
        inner = sequence.args[0] if len(sequence.args) == 1 else None
    elif isinstance(sequence, ast.Subscript) and isinstance(sequence.slice, ast.Slice):
        part = sequence.slice
        backwards = part.step is not None and literal_int(part.step) == -1
        whole = part.lower is None and part.upper is None
        inner = sequence.value if whole and backwards else None
    return inner if inner is not None and container_of(inner, facts) in LISTS else None


def _is_used_as_layer(name: ast.Name, facts: Facts) -> bool:
    """Whether a name is called, or something that hangs on it is read."""
    above = facts.unit.parents[name]
    if isinstance(above, ast.Attribute):
        return isinstance(above.ctx, ast.Load)
    return isinstance(above, ast.Call) and above.func is name
