"""Config files as what constructors are given."""

from __future__ import annotations

import importlib.util

import pytest

from tracefix.facts import analyse
from tracefix.making import hints_for
from tracefix.model import Source, Subject

NET = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, cfg, rate=0.5):
        super().__init__()
        self.a = nn.Linear(cfg.model.width, cfg.classes)
        self.kind = cfg.kind.lower()
    def forward(self, x):
        return self.a(x)

class Plain(nn.Module):
    def __init__(self, width, depth, *, groups, rate=0.5, **kwargs):
        super().__init__()
    def forward(self, x):
        return x

class Keys(nn.Module):
    def __init__(self, opt):
        super().__init__()
        self.a = nn.Linear(opt["width"], opt["depth"])
    def forward(self, x):
        return self.a(x)
"""
WHOLE = '{"net": {"model": {"width": 4}, "classes": 3, "kind": "A"}, "seed": null}'
PLAIN = '{"width": 4, "depth": [1, 2], "groups": 2, "epochs": 7, "kwargs": 1}'


def _told(name: str, *files: Source) -> list[str]:
    facts, _ = analyse([Source.of(NET, "net.py")])
    subject = Subject("net.py", name)
    builds = hints_for(facts, [subject], files)[subject].builds
    return [", ".join(map(str, build)) for build in builds]


def test_an_object_of_settings_is_the_part_that_has_all_that_is_read() -> None:
    text = "cfg=Settings({'model': Settings({'width': 4}), 'classes': 3, 'kind': 'A'})"
    assert _told("Net", Source.of(WHOLE, "config.json")) == [text]
    assert not _told("Net", Source.of(WHOLE.replace("classes", "names"), "config.json"))


def test_a_value_for_each_parameter() -> None:
    told = _told("Plain", Source.of(PLAIN, "configs/a.json"))
    assert told == ["width=4, depth=[1, 2], groups=2"]
    assert not _told("Plain", Source.of(PLAIN.replace("groups", "group"), "configs/a.json"))


def test_settings_by_key_are_a_dict() -> None:
    told = _told("Keys", Source.of('{"width": 4, "depth": 2}', "a.json"))
    assert told == ["opt={'width': 4, 'depth': 2}"]


def test_what_cannot_be_read_says_nothing() -> None:
    assert not _told("Plain", Source.of('{"width": 4', "a.json"), Source.of("[1]", "b.json"))


@pytest.mark.skipif(importlib.util.find_spec("yaml") is None, reason="yaml is not installed")
def test_yaml() -> None:
    text = "model:\n  width: 4\n  depth: 2\n  groups: 1\n  rate: 1e-3\n"
    assert _told("Plain", Source.of(text, "config.yaml")) == [
        "width=4, depth=2, groups=1, rate='1e-3'"
    ]
