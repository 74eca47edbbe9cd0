"""What verification lets pass, and the mutants that it must not."""

from __future__ import annotations

import pytest

from tracefix.model import Subject, Target
from verify.bench import HEAD, TARGETS, Bench

MODULE = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("scale", torch.full((4,), 2.0))

    def forward(self, x):
        y = self.norm(self.linear(x))
        if bool((x.sum() > 0)):
            y = y + 1
        return {"y": y * self.scale, "n": (y > 0).sum()}
"""
RIGHT = MODULE.replace(
    "        if bool((x.sum() > 0)):\n            y = y + 1\n",
    "        y = torch.where(x.sum() > 0, y + 1, y)\n",
)


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Subject:
    made = bench.original("mutated", MODULE)
    baseline = bench.baseline(made)
    assert baseline.eager.ok
    assert baseline.targets[Target.SCRIPT].ok
    assert "(float32), on negative values: " in baseline.targets[Target.TRACE].error
    return made


def test_the_right_rewrite_is_proven_for_every_target(bench: Bench, subject: Subject) -> None:
    proof = bench.prove(subject, RIGHT)
    assert proof.outcome.ok, proof.outcome
    assert all(outcome.ok for outcome in proof.targets.values()), proof.targets
    assert set(proof.proven) >= {"values", "training", "gradients", "state_dict", "batch"}
    assert proof.speed is None


def test_the_time_is_told_where_it_is_asked_for(bench: Bench, subject: Subject) -> None:
    overlay = {subject.path: HEAD + RIGHT}
    proofs = bench.verifier.prove(overlay, [subject], TARGETS)
    proof = bench.verifier.timed(overlay, proofs)[subject]
    assert proof.speed is not None
    assert 0.1 < proof.speed < 10


MUTANTS = {
    "swapped arms": ("x.sum() > 0, y + 1, y", "x.sum() > 0, y, y + 1", "compare"),
    "one more": ("y + 1, y", "y + 2, y", "compare"),
    "other comparison": ("x.sum() > 0", "x.sum() >= 0", "compare"),
    "dropped term": ('y * self.scale, "n"', 'y, "n"', "compare"),
    "other dtype": ('"y": y * self.scale', '"y": (y * self.scale).double()', "compare"),
    "count in another dtype": ("(y > 0).sum()", "(y > 0).sum().int()", "compare"),
    "other container": ('{"y": y * self.scale, "n": (y > 0).sum()}', "(y, 1)", "compare"),
    "lost gradient": ("y = self.norm(self.linear(x))", "y = self.norm(self.linear(x).detach())", 0),
    "lost grad of the input": ("self.linear(x)", "self.linear(x.detach())", "gradient"),
    "output without gradient": ('"y": y * self.scale', '"y": (y * self.scale).detach()', "compare"),
    "renamed parameter": ("self.linear", "self.lin", "state_dict"),
    "state left out": ('register_buffer("scale", ', '__setattr__("scale", ', "state_dict"),
    "state in another dtype": ("torch.full((4,), 2.0)", "torch.full((4,), 2)", "state_dict"),
    "frozen parameter": (
        "self.norm = ",
        "self.linear.bias.requires_grad_(False)\n        self.norm = ",
        "state_dict",
    ),
    "running statistics": ("self.norm(self.linear(x))", "self.norm.eval()(self.linear(x))", 0),
    "input written to": (
        "y = torch.where",
        "x.mul_(1)\n        x.add_(1)\n        y = torch.where",
        0,
    ),
    "random numbers drawn": (
        "y = torch.where",
        "torch.rand(1)\n        y = torch.where",
        "compare",
    ),
    "fixed batch": ("y = torch.where", "y = y.reshape(3, 4)\n        y = torch.where", "eager"),
    "undefined name": ("y + 1, y", "y + one, y", "eager"),
    "syntax error": ("y + 1, y", "y + 1, (y", "load"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_rejected(bench: Bench, subject: Subject, mutant: str) -> None:
    old, new, stage = MUTANTS[mutant]
    assert old in RIGHT
    proof = bench.prove(subject, RIGHT.replace(old, new))
    assert not proof.outcome.ok
    assert proof.outcome.error
    assert stage in (0, proof.outcome.stage), proof.outcome


def test_the_evidence_says_by_how_much(bench: Bench, subject: Subject) -> None:
    attempt = bench.attempt(subject, RIGHT.replace("y + 1, y", "y + 1.25, y"))
    assert attempt.eager.error == (
        "output[y] differs: 12 of 12 values, largest by 0.5 (float32), on the example"
    )


def test_an_exception_keeps_its_type(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def forward(self, x):
        if float(x.min()) < 0:
            raise ValueError("negative")
        return x.sqrt()
"""
    subject = bench.original("raises", body)
    assert bench.baseline(subject).eager.ok
    assert bench.prove(subject, body.replace("negative", "below zero")).outcome.ok
    proof = bench.prove(subject, body.replace("ValueError", "TypeError"))
    assert proof.outcome.error.startswith("raises TypeError, raised ValueError, on ")
    silent = bench.prove(subject, body.replace('raise ValueError("negative")', "pass"))
    assert silent.outcome.error.startswith("raises nothing, raised ValueError, on ")


def test_state_moved_by_calls_is_compared(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64), persistent=False)

    def forward(self, x):
        self.calls += 1
        return x * self.calls
"""
    counter = body.replace(
        'self.register_buffer("calls", torch.zeros((), dtype=torch.int64), persistent=False)',
        "self.calls = 0",
    )
    subject = bench.original("counter", counter)
    baseline = bench.baseline(subject)
    assert baseline.eager.ok
    assert baseline.targets[Target.SCRIPT].ok
    assert "call 2" in baseline.targets[Target.TRACE].error
    proof = bench.prove(subject, body)
    assert proof.outcome.ok, proof.outcome
    # The trace starts from the state before it was recorded, or its first call would differ.
    assert all(outcome.ok for outcome in proof.targets.values()), proof.targets
    saved = bench.prove(subject, body.replace(", persistent=False", ""))
    assert saved.outcome.stage == "state_dict"
    assert not bench.prove(subject, body.replace("+= 1", "+= 2")).outcome.ok


def test_a_property_that_no_run_reads_is_compared(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    @property
    def width(self):
        return next(self.parameters()).shape[0]

    @property
    def missing(self):
        return self.other

    def forward(self, x):
        return self.fc(x)
"""
    subject = bench.original("property", body)
    assert bench.baseline(subject).eager.ok
    right = body.replace("next(self.parameters())", "self.fc.weight")
    proof = bench.prove(subject, right.replace("self.other", "self.another"))
    assert proof.outcome.ok, proof.outcome
    assert "properties" in proof.proven
    for wrong in ("shape[1]", "shape[0] + 0.0"):
        proof = bench.prove(subject, right.replace("shape[0]", wrong))
        assert not proof.outcome.ok
        assert "width" in proof.outcome.error
    assert not bench.prove(subject, right.replace("self.other", "self.fc")).outcome.ok


def test_numbers_from_another_order_of_sums_are_the_same(bench: Bench) -> None:
    proof = bench.compared(
        "sums",
        "class M(nn.Module):\n    def forward(self, x):\n        return (x + 1e3).sum(1)\n",
        "class M(nn.Module):\n    def forward(self, x):\n"
        "        return (x.flip(1) + 1e3).cumsum(1)[:, -1]\n",
    )
    assert proof.outcome.ok, proof.outcome


def test_memory_left_unwritten_is_never_right_by_luck(bench: Bench) -> None:
    zeros = "class M(nn.Module):\n    def forward(self, x):\n        return x.new_zeros(4096)\n"
    proof = bench.compared("unwritten", zeros, zeros.replace("new_zeros", "new_empty"))
    assert proof.outcome.error.startswith("output differs: 4096 of 4096 values")


ROUNDED = """
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1e5 + x - x * 1e5

    @staticmethod
    def backward(ctx, grad):
        return grad * 1.0


class M(nn.Module):
    def forward(self, x):
        return Same.apply(x)
"""


def test_gradients_that_differ_by_rounding_are_told_apart_in_float64(bench: Bench) -> None:
    plain = ROUNDED.replace("Same.apply(x)", "x * 1e5 + x - x * 1e5")
    assert bench.compared("rounding", ROUNDED, plain).outcome.ok
    proof = bench.compared("off", ROUNDED, ROUNDED.replace("grad * 1.0", "grad * 1.003"))
    assert proof.outcome.stage == "gradient", proof.outcome
