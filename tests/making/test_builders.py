"""What the project gives to its own constructors."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.making.builders import builds
from tracefix.model import Source, Subject

NET = """
import torch
import torch.nn as nn

WIDTHS = [8, 16]

class Net(nn.Module):
    def __init__(self, widths, depth=1, norm=None, *, groups=1):
        super().__init__()
    def forward(self, x):
        return x
"""
SUBJECT = Subject("models/net.py", "Net")


def _built(below: str, *snippets: Source, others: tuple[Source, ...] = ()) -> list[str]:
    facts, _ = analyse([Source.of(NET + below, SUBJECT.path), *others])
    found = builds(facts, {SUBJECT}, snippets).get(SUBJECT, ())
    return [", ".join(map(str, build)) for build in found]


def test_a_factory_with_its_defaults_and_what_it_passes_on() -> None:
    text = """
def net_small(pretrained=False, depth=2, **kwargs):
    model = Net(WIDTHS, depth, norm=nn.LayerNorm, **kwargs)
    return model
"""
    assert _built(text) == ["widths=module.WIDTHS, depth=2, norm=torch.nn.LayerNorm"]


def test_a_hub_entry_point() -> None:
    text = "from models.net import Net\ndef net(pretrained=False):\n    return Net(widths=[4, 8])\n"
    assert _built("", Source.of(text, "hubconf.py")) == ["widths=[4, 8]"]


def test_an_import_whose_path_counts_from_elsewhere() -> None:
    text = "from project.models.net import Net\nfrom torch.other import Net as N\n"
    assert _built("", Source.of(text + "Net([3])\nnn.Net([5])\n", "/a/train.py")) == ["widths=[3]"]


def test_the_constructor_of_another_class() -> None:
    text = """
class Outer(nn.Module):
    def __init__(self, width=4, groups=2):
        super().__init__()
        self.width = width
        self.twice = 2 * width
        self.net = Net([self.width, self.twice], groups=groups)
    def forward(self, x):
        return self.net(x)
"""
    assert _built(text) == ["widths=[4, 2 * 4], groups=2"]


def test_settings_that_are_spread() -> None:
    text = """
def one():
    cfg = dict(widths=[2], depth=3)
    return Net(**cfg)
def two():
    cfg = {"widths": [1], "depth": 1}
    return Net(**cfg)
"""
    assert _built(text) == ["widths=[1], depth=1", "widths=[2], depth=3"]


def test_what_cannot_be_told_is_left_to_a_guess() -> None:
    text = """
def grown(width, depth):
    for n in range(3):
        depth = depth + n
    size = width
    size = size * 2
    return [Net([n], depth=2), Net([size], depth), Net([1], *depth)]
"""
    assert _built(text) == ["widths=[1]", "depth=2"]


def test_a_local_name_is_not_the_files() -> None:
    assert _built("def one(WIDTHS):\n    return Net(WIDTHS, 2)\n") == ["depth=2"]


def test_a_class_that_both_files_import() -> None:
    config = Source.of("class Config:\n    width = 4\n", "models/config.py")
    train = "from models.net import Net\nfrom models.config import Config as C\nNet(C(), 2)\n"
    facts, _ = analyse(
        [Source.of("from models.config import Config\n" + NET, SUBJECT.path), config]
    )
    found = builds(facts, {SUBJECT}, [Source.of(train, "train.py")])
    assert [str(each) for each in found[SUBJECT][0]] == ["widths=module.Config()", "depth=2"]
