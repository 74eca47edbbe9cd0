"""Methods other than forward, which an example gives in the place of the model."""

from __future__ import annotations

import pytest

from tracefix.model import Place, Subject, Target
from verify.bench import HEAD, TARGETS, Bench
from verify.conftest import MakeBench

EXAMPLES = """
import torch
import tracefix

@tracefix.example("encoder*.py::M", "exported.py::M", "renamed.py::M")
def encoder(M):
    yield M().eval().encode, (torch.rand(3, 4),)

@tracefix.example("both*.py::M")
def both(M):
    model = M().eval()
    yield model.forward, (torch.rand(3, 4),)
    yield model.encode, (torch.rand(3, 4),)
    yield model.encode, (torch.rand(2, 4) + 9,)

@tracefix.example("named.py::M")
def named(M):
    return M().eval().encode, (torch.rand(3, 4),), {"scale": torch.tensor(2.0)}

@tracefix.example("called.py::M")
def called(M):
    return M().eval().__call__, (torch.rand(3, 4),)
"""
MODULE = HEAD + """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def encode(self, x):
        return self.linear(x)

    def forward(self, x):
        return self.encode(x) + 1
"""
APART = MODULE.replace("self.encode(x) + 1", "self.linear(x) + 1")
BRANCH = "y = self.linear(x)\n        if x.sum() > 20:\n            y = -y\n        return y"
WHERE = "y = self.linear(x)\n        return torch.where(x.sum() > 20, -y, y)"


@pytest.fixture(scope="module")
def methods(make_bench: MakeBench) -> Bench:
    return make_bench({"tracefix_examples.py": EXAMPLES})


def _branching(bench: Bench, path: str) -> Subject:
    return Subject(bench.write(path, MODULE.replace("return self.linear(x)", BRANCH)), "M")


def test_a_method_is_compiled_and_recorded(methods: Bench) -> None:
    subject = _branching(methods, "encoder.py")
    baseline = methods.baseline(subject)
    assert baseline.eager.ok, baseline.eager
    assert baseline.targets[Target.SCRIPT].ok, baseline.targets
    assert "the example for encode, 3 calls" in baseline.targets[Target.SCRIPT].held
    trace = baseline.targets[Target.TRACE]
    assert "the trace is at its end where aten::neg is due" in trace.error
    assert trace.place == Place("encoder.py", 12, 12)
    assert {warned.place.line for warned in baseline.warned} == {11}
    assert baseline.observed.methods == {"encoder.py::M": frozenset({"encode"})}


def test_a_rewritten_method_is_proven(methods: Bench) -> None:
    subject = _branching(methods, "encoder_proven.py")
    assert methods.baseline(subject).eager.ok
    after = MODULE.replace("return self.linear(x)", WHERE)
    proof = methods.verifier.prove({subject.path: after}, [subject], TARGETS)[subject]
    assert proof.outcome.ok, proof.outcome
    assert all(outcome.ok for outcome in proof.targets.values()), proof.targets
    assert {"values", "training", "gradients", "other values"} <= set(proof.proven)


def test_a_method_runs_on_the_meta_device(methods: Bench) -> None:
    subject = Subject(methods.write("encoder_on_meta.py", MODULE), "M")
    assert methods.baseline(subject).eager.ok
    after = MODULE.replace("return self.linear(x)", "return self.linear(x) + torch.zeros(4)")
    proof = methods.verifier.prove({subject.path: MODULE}, [subject], TARGETS)[subject]
    assert "meta" in proof.proven
    assert "the meta device" in proof.targets[Target.TRACE].held
    proof = methods.verifier.prove({subject.path: after}, [subject], TARGETS)[subject]
    assert "the meta device" not in proof.targets[Target.TRACE].held


def test_a_method_that_gives_something_else_is_rejected(methods: Bench) -> None:
    before = APART.replace("return self.linear(x)\n", BRANCH + "\n")
    subject = Subject(methods.write("both_changed.py", before), "M")
    assert methods.baseline(subject).eager.ok
    after = before.replace("> 20", "> 90")
    proof = methods.verifier.prove({subject.path: after}, [subject], TARGETS)[subject]
    assert proof.outcome.error.startswith("output differs")
    assert "for encode" in proof.outcome.error


def test_each_method_is_held_to_its_own_inputs(methods: Bench) -> None:
    path = methods.write("both.py", APART.replace("return self.linear(x)\n", BRANCH + "\n"))
    trace = methods.baseline(Subject(path, "M")).targets[Target.TRACE]
    assert "for encode" in trace.error
    assert "the example's input 2 of example 2 for encode" in trace.broke
    assert "the example, 3 calls" in trace.held


def test_arguments_by_name(methods: Bench) -> None:
    text = MODULE.replace("encode(self, x)", "encode(self, x, scale)").replace(
        "self.encode(x) + 1", "self.encode(x, x)"
    )
    subject = Subject(methods.write("named.py", text.replace("(x)\n", "(x) * scale\n")), "M")
    baseline = methods.baseline(subject)
    assert baseline.eager.ok, baseline.eager
    assert all(outcome.ok for outcome in baseline.targets.values()), baseline.targets


def test_a_call_of_the_model_is_one_of_forward(methods: Bench) -> None:
    baseline = methods.baseline(Subject(methods.write("called.py", MODULE), "M"))
    assert "the example, 3 calls" in baseline.targets[Target.TRACE].held
    assert not baseline.observed.methods


def test_a_decorator_may_leave_a_method_another_name(methods: Bench) -> None:
    decorator = (
        "def same(f):\n    def inner(self, x):\n        return f(self, x)\n    return inner\n\n"
    )
    text = MODULE.replace("\nclass", decorator + "\nclass").replace(
        "    def en", "    @same\n    def en"
    )
    baseline = methods.baseline(Subject(methods.write("renamed.py", text), "M"))
    assert baseline.eager.ok, baseline.eager
    assert baseline.targets[Target.TRACE].ok, baseline.targets
    assert "the example for encode, 3 calls" in baseline.targets[Target.TRACE].held


def test_an_exported_method_cannot_be_recorded(methods: Bench) -> None:
    text = MODULE.replace("    def encode", "    @torch.jit.export\n    def encode")
    baseline = methods.baseline(Subject(methods.write("exported.py", text), "M"))
    assert baseline.targets[Target.SCRIPT].ok, baseline.targets
    trace = baseline.targets[Target.TRACE]
    assert trace.error.startswith("encode is exported")
    assert trace.place == Place("exported.py", 9, 4)
