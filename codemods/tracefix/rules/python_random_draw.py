"""Draw a random number from Python's or numpy's generator.

What it does
    Draws one number from torch's generator instead: `torch.rand(())` for `random.random()`, and the
    like for a uniform, a normal and an integer draw. The numbers are of the same distribution, and
    others than before, as a seed of Python's generator does not reach them any more; so this is
    written with `--unsafe` only. For its proof the original is made to draw from torch's
    generator too, where it drew from Python's: with the same draws all outputs are to be the same.

Why TorchScript rejects it
    It does not know Python's generators. A trace records the number that was drawn while it was made,
    and gives it for ever, without a word.

Example
    import random

    import torch
    from torch import nn


    class Jitter(nn.Module):
        def forward(self, x):
            gain = random.uniform(0.5, 1.5)
            return x * gain + random.random()

Use instead
    import random

    import torch
    from torch import nn


    class Jitter(nn.Module):
        def forward(self, x):
            gain = torch.empty(()).uniform_(0.5, 1.5)
            return x * gain + torch.rand(())

When it is refused
    Where more than one number is drawn at once (an array, a sample, a shuffled list), or from
    something that is no tensor (`random.choice`). Where the code needs a Python number, eager mode
    fails with a tensor, and the fix is dropped.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="python-random-draw",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.ASK,
    answers=(r"Python builtin .*rand", r"cannot be used as a value", r"numpy"),
)

_MODULES = ("random.", "numpy.random.")
_NO_DRAW = frozenset({"seed", "getstate", "setstate", "get_state", "set_state"})
# By name and number of arguments.
_DRAWS = {
    ("random.random", 0): "torch.rand(())",
    ("random.uniform", 2): "torch.empty(()).uniform_({0}, {1})",
    ("random.gauss", 2): "torch.empty(()).normal_({0}, {1})",
    ("random.normalvariate", 2): "torch.empty(()).normal_({0}, {1})",
    ("random.randint", 2): "torch.randint({0}, {1} + 1, ())",
    ("random.randrange", 1): "torch.randint({0}, ())",
    ("random.randrange", 2): "torch.randint({0}, {1}, ())",
    ("numpy.random.rand", 0): "torch.rand(())",
    ("numpy.random.random", 0): "torch.rand(())",
    ("numpy.random.random_sample", 0): "torch.rand(())",
    ("numpy.random.uniform", 2): "torch.empty(()).uniform_({0}, {1})",
    ("numpy.random.normal", 2): "torch.empty(()).normal_({0}, {1})",
    ("numpy.random.randint", 1): "torch.randint({0}, ())",
    ("numpy.random.randint", 2): "torch.randint({0}, {1}, ())",
}


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of the generators' functions in what forward reaches."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        name = facts.unit.resolve(call.func) or ""
        if name.startswith(_MODULES) and name.rpartition(".")[2] not in _NO_DRAW:
            yield Hit(call, "a trace keeps what Python's generator draws while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The draw of torch that has the same distribution."""
    call = hit.node
    assert isinstance(call, ast.Call)
    name = facts.unit.resolve(call.func) or ""
    drawing = {known for known, _ in _DRAWS}
    if name not in drawing:
        return Refusal("torch draws no such thing for Python values")
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        return Refusal("the draw has arguments by name, or an unknown number of them")
    template = _DRAWS.get((name, len(call.args)))
    if template is None:
        return Refusal("more than one number is drawn, or from another range than is usual")
    holes = {f"a{n}": argument for n, argument in enumerate(call.args)}
    filled = template.format(*(f"{{{hole}}}" for hole in holes))
    imports = () if facts.unit.imports.get("torch") == "torch" else ("import torch",)
    return Change("draw from torch's generator", (replace(call, filled, **holes),), imports)
