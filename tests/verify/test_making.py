"""Examples made for classes that have none."""

from __future__ import annotations

import pytest

from tracefix.facts import analyse
from tracefix.making import find_examples, runnable_subjects
from tracefix.model import Source
from tracefix.verify.protocol import Tried
from verify.bench import Bench
from verify.conftest import MakeBench

HEAD = "import torch\nfrom torch import nn\n"
CLASSES = """
class Channels(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 7)
        self.fc = nn.Linear(out_channels * 26 * 26, 10)
    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))

class Words(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.embed = nn.Embedding(cfg.vocabulary, cfg.model.width)
        self.rnn = nn.LSTM(cfg.model.width, cfg.model.hidden, batch_first=True)
    def forward(self, words):
        out, (h, c) = self.rnn(self.embed(words))
        return out[:, -1]

class Block(nn.Module):
    expansion = 2
    def __init__(self, planes):
        super().__init__()
        self.conv = nn.Conv2d(planes, planes * self.expansion, 1)
    def forward(self, x):
        return self.conv(x)

class Stack(nn.Module):
    def __init__(self, block, layers, mode):
        super().__init__()
        if mode not in ("sum", "mean"):
            raise ValueError(mode)
        self.layers = nn.ModuleList(block(8) for _ in range(layers[1]))
        self.head = nn.Linear(block.expansion * 8, 3)
    def forward(self, x):
        b, c, h, w = x.shape
        for layer in self.layers:
            y = layer(x)
        return self.head(y.mean((2, 3)))

class Pair(nn.Module):
    def forward(self, pair, mask):
        a, b = pair
        return (a * b).masked_fill(mask, 0)
"""
NONE = """
class Needs(nn.Module):
    def __init__(self):
        super().__init__()
        open("/nowhere/weights.bin")
    def forward(self, x):
        return x

class Downloads(nn.Module):
    def __init__(self, pretrained=True):
        super().__init__()
        if pretrained:
            torch.hub.load_state_dict_from_url("https://example.com/none.pt", "nowhere")
        self.fc = nn.Linear(4, 4)
    def forward(self, x):
        return self.fc(x)

class Fetches(nn.Module):
    def __init__(self):
        super().__init__()
        torch.hub.load_state_dict_from_url("https://example.com/none.pt", "nowhere")
    def forward(self, x):
        return x

class Random(nn.Module):
    def __init__(self):
        super().__init__()
        import time
        self.key = time.perf_counter_ns() % 1000003
    def forward(self, x):
        return x * self.key
"""


@pytest.fixture(scope="module")
def tried(make_bench: MakeBench) -> dict[str, Tried]:
    bench = make_bench(
        {"tracefix_examples.py": "", "made.py": HEAD + CLASSES, "none.py": HEAD + NONE}
    )
    return _tried(bench)


def _tried(bench: Bench) -> dict[str, Tried]:
    sources = [s for s in bench.sources.values() if s.path != "tracefix_examples.py"]
    facts, _ = analyse([Source.of(s.text, s.path) for s in sources])
    found = find_examples(bench.verifier, facts, runnable_subjects(facts))
    return {subject.qualname: one for subject, one in found.items()}


@pytest.mark.parametrize("name", ["Channels", "Words", "Block", "Stack", "Pair", "Downloads"])
def test_made(tried: dict[str, Tried], name: str) -> None:
    assert tried[name].outcome.ok, tried[name].outcome
    assert tried[name].example == "made"


def test_a_choice_that_the_text_names(tried: dict[str, Tried]) -> None:
    recipe = tried["Stack"].recipe
    assert recipe is not None
    given = {argument.name: argument.text for argument in recipe.construct}
    assert given["block"] == "module.Block"
    assert given["mode"] == "'sum'"


def test_what_cannot_be_made_says_why(tried: dict[str, Tried]) -> None:
    assert "FileNotFoundError" in tried["Needs"].outcome.error
    assert not tried["Needs"].outcome.ok
    assert "downloads nothing" in tried["Fetches"].outcome.error


def test_random_by_nature(tried: dict[str, Tried]) -> None:
    assert tried["Random"].outcome.stage == "deterministic"


BUILT = """
class Picky(nn.Module):
    def __init__(self, width, scales):
        super().__init__()
        if width != 12 or scales != {"a": 3, "b": (1, 5)}:
            raise ValueError("none that anyone would guess")
        self.fc = nn.Linear(width, 2)
    def forward(self, x):
        return self.fc(x)

def picky(scale=3, pretrained=False, **kwargs):
    return Picky(12, scales={"a": scale, "b": (1, 5)}, **kwargs)
"""


def test_the_project_shows_how_a_class_is_built(make_bench: MakeBench) -> None:
    bench = make_bench({"tracefix_examples.py": "", "built.py": HEAD + BUILT})
    recipe = _tried(bench)["Picky"].recipe
    assert recipe is not None
    assert recipe.origin == "made"
    assert [str(each) for each in recipe.construct] == ["width=12", "scales={'a': 3, 'b': (1, 5)}"]


TOGETHER = """
class Attention(nn.Module):
    def __init__(self, n_head, d_model, d_k):
        super().__init__()
        self.n_head, self.d_k = n_head, d_k
        self.q, self.k = (nn.Linear(d_model, n_head * d_k) for _ in range(2))
    def forward(self, q, k):
        b, n, m = q.size(0), q.size(1), k.size(1)
        q = self.q(q).view(b, n, self.n_head, self.d_k).transpose(1, 2)
        k = self.k(k).view(b, m, self.n_head, self.d_k).transpose(1, 2)
        return q @ k.transpose(2, 3)

class Critic(nn.Module):
    def __init__(self, observations, actions):
        super().__init__()
        self.before = nn.Linear(observations, 40)
        self.after = nn.Linear(40 + actions, 3)
    def forward(self, x, action):
        return self.after(torch.cat([self.before(x).relu(), action], dim=1))

class Handing(nn.LSTM):
    def __init__(self, *args, drop=0.0, **kwargs):
        super().__init__(*args, **kwargs, batch_first=True)
        self.drop = nn.Dropout(drop)
    def forward(self, x):
        return super().forward(self.drop(x))[0]

from dataclasses import dataclass
from enum import Enum

class Kind(Enum):
    FIRST = "a"

class Chosen(nn.Module):
    def __init__(self, kind: Kind):
        super().__init__()
        self.key = {Kind.FIRST: 2}[kind]
    def forward(self, x):
        return x * self.key

@dataclass
class Sizes:
    width: int
    heads: int = 3
    kind: str = "first"
    def per_head(self):
        return self.width * self.heads

class Sized(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        self.fc = nn.Linear({"first": sizes.per_head()}[sizes.kind], 2)
    def forward(self, x):
        return self.fc(x)

class Unannotated(nn.Module):
    def __init__(self, c):
        super().__init__()
        if not isinstance(c, Sizes):
            raise TypeError(c)
        self.fc = nn.Linear(c.width, c.heads)
    def forward(self, x):
        return self.fc(x)
"""


def test_inputs_and_arguments_that_go_together(make_bench: MakeBench) -> None:
    bench = make_bench({"tracefix_examples.py": "", "together.py": HEAD + TOGETHER})
    for one in _tried(bench).values():
        assert one.outcome.ok, (one.subject, one.outcome)
