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


def test_cuda_is_redirected_and_a_literal_left_over_is_seen(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("one", torch.ones(4))

    def forward(self, x):
        return x.cuda() + self.one.to("cuda") + torch.zeros(4, device="cuda:0")
"""
    subject = bench.original("device", body)
    baseline = bench.baseline(subject)
    assert baseline.eager.ok, baseline.eager
    assert baseline.cuda
    assert not any(outcome.ok for outcome in baseline.targets.values())
    follows = body.replace("x.cuda()", "x").replace('self.one.to("cuda")', "self.one")
    right = follows.replace('torch.zeros(4, device="cuda:0")', "x.new_zeros(4)")
    proof = bench.prove(subject, right)
    assert proof.outcome.ok, proof.outcome
    assert "meta" in proof.proven
    assert all(outcome.ok for outcome in proof.targets.values()), proof.targets

    baked = follows.replace('torch.zeros(4, device="cuda:0")', "torch.zeros(4, device=x.device)")
    proof = bench.prove(subject, baked)
    assert proof.outcome.ok
    assert proof.targets[Target.SCRIPT].ok
    assert proof.targets[Target.TRACE].stage == "device"
    assert not bench.prove(subject, follows).targets[Target.TRACE].ok


def test_a_device_baked_where_there_was_none_is_rejected(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x):\n        return x + x.new_ones(4)\n"
    baked = body.replace("x.new_ones(4)", "torch.ones(4)")
    proof = bench.compared("follows", body, baked)
    assert proof.outcome.stage == "device"


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


def test_what_the_original_leaves_on_the_cpu_may_stay_there_in_eager_mode(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x):\n        return {}, torch.ones(3)\n"
    proof = bench.compared("left_on_cpu", body.format("x * 2"), body.format("x + x"))
    assert proof.outcome.ok
    assert "output[1] has device cpu" in proof.targets[Target.SCRIPT].error


def test_a_move_to_the_cpu_is_taken_as_meant(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x):\n        return x.cpu() * {}\n"
    proof = bench.compared("meant", body.format("2"), body.format("2.0"))
    assert proof.outcome.ok, proof.outcome
    assert "meta" not in proof.proven
    assert all(outcome.ok for outcome in proof.targets.values()), proof.targets


def test_what_reads_values_is_not_held_to_the_meta_device(bench: Bench) -> None:
    body = """
from typing import List


class M(nn.Module):
    def forward(self, x):
        rows = x.sum(1).tolist()
        return x * rows[0]
"""
    right = body.replace("rows =", "rows: List[float] =")
    proof = bench.compared("values", body, right)
    assert proof.outcome.ok, proof.outcome
    assert "meta" not in proof.proven
    assert proof.targets[Target.SCRIPT].ok, proof.targets


def test_a_scripted_recurrent_layer_follows_its_data(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 4)

    def forward(self, x):
        return self.rnn(x)[0]
"""
    proof = bench.compared("recurrent", body, body.replace("(x)[0]", "(x + 0.0)[0]"))
    assert proof.targets[Target.SCRIPT].ok, proof.targets
    assert proof.targets[Target.TRACE].stage == "device"  # the state that it starts with is baked


def test_a_product_with_what_stays_on_the_cpu_is_seen(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def forward(self, x):
        return x @ torch.ones(4, 2)
"""
    subject = bench.original("product", body)
    before = bench.baseline(subject)
    assert {o.stage for o in before.targets.values()} == {"device"}
    assert "on the same device" in before.targets[Target.SCRIPT].error
    proof = bench.prove(subject, body.replace("torch.ones", "x.new_ones"))
    assert all(outcome.ok for outcome in proof.targets.values()), proof.targets


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
