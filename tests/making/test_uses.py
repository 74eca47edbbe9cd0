"""What the text of a class tells of the arguments that it takes."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.making import hints_for
from tracefix.model import Source, Subject
from tracefix.verify.hints import Hints, Uses

HEAD = "import torch\nfrom torch import nn\n"


def _hints(body: str, name: str = "M") -> Hints:
    subject = Subject("m.py", name)
    facts, _ = analyse([Source.of(HEAD + body, "m.py")])
    return hints_for(facts, [subject])[subject]


def _constructor(lines: str, parameters: str = "p") -> Uses:
    body = "".join(f"        {line}\n" for line in lines.splitlines())
    text = f"class M(nn.Module):\n    def __init__(self, {parameters}):\n{body}"
    return _hints(text + "    def forward(self, x):\n        return x\n").construct["p"]


def test_settings_of_a_config_with_those_of_the_classes_it_is_handed_to() -> None:
    inner = (
        "class N(nn.Module):\n    def __init__(self, c):\n        self.l = nn.Linear(c.width, 2)\n"
    )
    outer = "class M(nn.Module):\n    def __init__(self, p):\n        self.n = N(p)\n        self.p = p\n"
    later = "    def forward(self, x):\n        return x * self.p.model.scale\n"
    uses = _hints(inner + "    def forward(self, x):\n        return x\n" + outer + later)
    assert set(uses.construct["p"].attributes) == {"width", "model.scale"}


def test_constants_that_a_mode_is_compared_with() -> None:
    assert _constructor("assert p in ('a', 'b')").compared == ("'a'", "'b'")
    assert _constructor("if p == 'a':\n    pass").compared == ("'a'",)
    assert _constructor("self.f = {'relu': 1, 'tanh': 2}[p]").compared == ("'relu'", "'tanh'")


def test_lists_callables_and_counts() -> None:
    assert _constructor("for n in p:\n    pass").iterated
    assert _constructor("a, b, c = p").unpacked == 3
    assert _constructor("self.a = p[2]").indices == (2,)
    assert _constructor("self.a = p['width']").keys == ("width",)
    assert _constructor("self.norm = p(4)").calls == (1,)
    assert _constructor("for i in range(p):\n    pass").counted


def test_a_name_of_the_same_spelling_that_is_not_the_parameter_says_nothing() -> None:
    assert _constructor("self.a = other.p[2]") == Uses()


def test_rank_of_an_input() -> None:
    text = "class M(nn.Module):\n    def forward(self, x, y, z):\n        {}\n        return x\n"
    uses = _hints(text.format("b, c, h = x.shape; n = y.size(3); k, l = z.size()")).inputs
    assert (uses["x"].rank, uses["y"].least_rank, uses["z"].rank) == (3, 4, 2)
