"""A rewrite is where the original is: cuda redirected, and moved to the meta device."""

from __future__ import annotations

from tracefix.model import Target
from verify.bench import Bench


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
