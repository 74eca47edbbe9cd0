"""A file outside of the project has an absolute path, above which there is nothing to look in."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.model import Source

TEXT = """\
from torch import nn
from elsewhere.layers import Base


class Model(Base, nn.Module):
    def forward(self, x):
        return x
"""


def test_an_import_is_looked_for_up_to_the_root() -> None:
    facts = analyse([Source.of(TEXT, "/outside/model.py")])[0]["/outside/model.py"]
    assert [function.name for function in facts.forward_functions] == ["forward"]
