"""Where an example comes from, and what it may be."""

from __future__ import annotations

import pytest

import tracefix
from tracefix.examples import matching
from tracefix.model import Subject, Target
from verify.bench import HEAD, TARGETS, Bench
from verify.conftest import MakeBench

EXAMPLES = """
import torch
import tracefix

@tracefix.example("several.py::*")
def several(cls):
    model = cls().eval()
    yield model, (torch.rand(3, 4),)
    yield model, (-torch.rand(3, 4),)
    yield cls(5).eval(), (torch.rand(3, 4),), {}

@tracefix.example("none.py::*")
def none(cls):
    return None

@tracefix.example("raises.py::*")
def raises(cls):
    raise RuntimeError("no data here")

@tracefix.example("named.py::*")
def named(cls):
    return cls().eval(), (torch.rand(3, 4),), {"scale": torch.tensor(2.0)}

@tracefix.example("wrong.py::*")
def wrong(cls):
    return cls()
"""
MODULE = HEAD + """
class M(nn.Module):
    def __init__(self, n=1):
        super().__init__()
        self.n = n

    def forward(self, x, scale=None):
        return x * self.n if scale is None else x * scale
"""


@pytest.fixture(scope="module")
def examples(make_bench: MakeBench) -> Bench:
    return make_bench({"tracefix_examples.py": EXAMPLES})


def _baseline(bench: Bench, path: str, text: str = MODULE):  # type: ignore[no-untyped-def]
    subject = Subject(bench.write(path, text), "M")
    return bench.verifier.baseline([subject], TARGETS)[subject]


def test_each_of_several_is_held_to(examples: Bench) -> None:
    baseline = _baseline(examples, "several.py")
    assert baseline.eager.ok, baseline.eager
    assert baseline.example == "user"
    assert baseline.targets[Target.TRACE].ok
    subject = Subject("several.py", "M")
    for old, new in (("x * self.n if", "x.abs() * self.n if"), ("x * self.n if", "x * 1 if")):
        overlay = {"several.py": MODULE.replace(old, new)}
        attempt = examples.verifier.attempt(overlay, {subject: TARGETS})[subject]
        assert "differs" in (attempt.eager.error or attempt.targets[Target.TRACE].error)


def test_arguments_by_name(examples: Bench) -> None:
    baseline = _baseline(examples, "named.py")
    assert baseline.eager.ok, baseline.eager
    assert baseline.targets[Target.TRACE].ok, baseline.targets


def test_no_example(examples: Bench) -> None:
    baseline = _baseline(examples, "none.py")
    assert (baseline.eager.stage, baseline.eager.error) == ("example", "no example")


def test_an_example_that_raises_is_named_with_its_place(examples: Bench) -> None:
    baseline = _baseline(examples, "raises.py")
    assert (baseline.eager.stage, baseline.eager.error) == ("example", "no data here")
    assert baseline.eager.place is not None
    assert baseline.eager.place.path.endswith("tracefix_examples.py")


def test_an_example_that_gives_something_else(examples: Bench) -> None:
    assert _baseline(examples, "wrong.py").eager.error.startswith("TypeError: an example gives ")


def test_the_modules_own_inputs(examples: Bench) -> None:
    text = MODULE + (
        "\ndef get_inputs():\n    return [torch.rand(2, 2)]\n"
        "\ndef get_init_inputs():\n    return [3]\n"
    )
    baseline = _baseline(examples, "own.py", text)
    assert baseline.eager.ok
    assert baseline.example == "found"


def test_a_module_that_needs_nothing(examples: Bench) -> None:
    text = (
        HEAD
        + "class M(nn.Module):\n    def forward(self, n: int = 2):\n        return torch.ones(n)\n"
    )
    baseline = _baseline(examples, "alone.py", text)
    assert baseline.eager.ok
    assert baseline.example == "made"


def test_examples_that_import_the_project_get_its_rewritten_form(make_bench: MakeBench) -> None:
    text = "import torch, tracefix\nimport shared\n"
    text += (
        '@tracefix.example("*::M")\ndef f(M):\n    return M(), (shared.double(torch.ones(2)),)\n'
    )
    bench = make_bench({"tracefix_examples.py": text})
    bench.write("shared.py", "def double(x):\n    return x * 2\n")
    subject = Subject(bench.write("m.py", MODULE), "M")
    assert bench.verifier.baseline([subject], TARGETS)[subject].eager.ok
    overlay = {"shared.py": "def double(x):\n    return x * 3\n"}
    attempt = bench.verifier.attempt(overlay, {subject: TARGETS})[subject]
    assert "differs" in attempt.eager.error


def test_patterns_cross_folders() -> None:
    @tracefix.example("lib/*::Deep*")
    def made(cls: type) -> None:
        return None

    assert list(matching("lib/a/b/c.py::DeepNet")) == [made]
    assert list(matching("lib/a.py::Net")) == []


def test_a_pattern_without_wildcards_is_one_subject() -> None:
    @tracefix.example("one/[ab].py::Net", "one/c.py::Net")
    def made(cls: type) -> None:
        return None

    assert list(matching("one/b.py::Net")) == list(matching("one/c.py::Net")) == [made]
    assert list(matching("one/c_py::Net")) == list(matching("one/[ab].py::Net")) == []


def test_what_is_no_pattern_is_refused() -> None:
    def made(cls: type) -> None:
        return None

    with pytest.raises(TypeError, match="takes patterns"):
        tracefix.example(made)  # type: ignore[arg-type]
