"""Lists of examples, and the file that they are written to."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from tracefix.model import PASSED, Outcome, Subject
from tracefix.report.examples import examples_json, examples_text
from tracefix.report.examples_file import addition, to_write
from tracefix.report.view import View
from tracefix.verify.protocol import Tried
from tracefix.verify.recipe import Argument, Recipe

NET, BLOCK, BAD = (Subject("models/net.py", name) for name in ("UNet", "Block", "Bad"))
RECIPE = Recipe(
    "made",
    (Argument("module.Block", "block"), Argument("SimpleNamespace(width=4)", "cfg")),
    (
        Argument("torch.rand(4, 3, 64, 32)", "x", False),
        Argument("torch.rand(4, 3, 64, 32)", "model", False),
        Argument("None", "mask"),
    ),
)
TRIED = {
    NET: Tried(NET, PASSED, "made", RECIPE),
    BLOCK: Tried(BLOCK, PASSED, "user"),
    BAD: Tried(BAD, Outcome("example", False, "no example could be made: no file\nmore")),
}


def test_json_has_what_the_contract_says() -> None:
    assert json.loads(examples_json(TRIED)) == [
        {
            "subject": "models/net.py::Bad",
            "origin": "none",
            "runs": False,
            "reason": "no example could be made: no file",
        },
        {"subject": "models/net.py::Block", "origin": "user", "runs": True, "reason": None},
        {"subject": "models/net.py::UNet", "origin": "made", "runs": True, "reason": None},
    ]


def test_text_has_a_line_a_class() -> None:
    text = examples_text(TRIED, View(Path("/p"), Path("/p")))
    assert text.splitlines() == [
        "models/net.py",
        "  Bad    none      no example could be made: no file",
        "  Block  user",
        "  UNet   made",
        "2 of 3 have an example that runs",
    ]


def test_what_is_written_can_be_read() -> None:
    text = addition(to_write(TRIED.values()))
    assert text.endswith("""
import sys
from types import SimpleNamespace
import torch
import tracefix


@tracefix.example('models/net.py::UNet')
def u_net(UNet):
    module = sys.modules[UNet.__module__]
    model = UNet(block=module.Block, cfg=SimpleNamespace(width=4))
    batch, channels, height, width = 4, 3, 64, 32
    x = torch.rand(batch, channels, height, width)
    model_2 = torch.rand(batch, channels, height, width)
    mask = None
    return model.eval(), (x, model_2), {"mask": mask}
""")


def test_what_there_was_stays_and_names_are_not_taken_twice() -> None:
    existing = "import torch, tracefix\n\n\ndef u_net():\n    pass\n"
    text = addition({NET: RECIPE}, existing)
    assert "import torch" not in text
    assert "import sys" in text
    functions = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    assert functions == ["u_net_2"]
