"""What is found out of the original."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tracefix.model import Place, Subject, Target
from tracefix.verify.client import Limits
from verify.bench import EXAMPLES, HEAD, Bench


def _line(text: str, part: str) -> tuple[int, int]:
    before = (HEAD + text).partition(part)[0]
    return before.count("\n") + 1, len(before) - before.rfind("\n") - 1


def test_the_compilers_places_are_those_of_the_file(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def forward(self, x):
        if x.dim() == 9:
            x = self.helper(x)
        return x

    def helper(self, x):
        return x + len("é") + undefined(x)
"""
    subject = bench.original("places", body)
    outcome = bench.baseline(subject).targets[Target.SCRIPT]
    assert outcome.stage == "compile"
    assert outcome.error.splitlines()[0] == "undefined value undefined"
    assert outcome.places == (
        Place(subject.path, *_line(body, "undefined(x)")),
        Place(subject.path, *_line(body, "x = self.helper(x)")),
    )


def test_a_schema_mismatch_is_told_in_full(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x):\n        return sum([x, x])\n"
    outcome = bench.baseline(bench.original("summed", body)).targets[Target.SCRIPT]
    assert outcome.error.startswith("Arguments for call are not valid.\nThe following variants")
    assert "<--- HERE" not in outcome.error


def test_what_the_tracer_bakes_is_warned_of_at_its_line(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def forward(self, x):
        for _ in range(int(x.norm())):
            x = x / 2
        return x
"""
    subject = bench.original("loop", body)
    baseline = bench.baseline(subject)
    assert baseline.targets[Target.TRACE].stage == "compare"
    assert [warned.place for warned in baseline.warned] == [
        Place(subject.path, *_line(body, "int(x.norm())"))
    ]


def test_types_of_the_run_are_observed(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = None
        self.sizes = [1, 2]

    def forward(self, x, mask=None, flag=True):
        pair = (x.shape[0], 1.5)
        named = {"x": x}
        self.cache = x
        return self.helper(x, n=pair[0])

    def helper(self, x, n):
        return x, n
"""
    subject = bench.original("observed", body)
    seen = bench.baseline(subject).observed
    path, owner = subject.path, f"{subject.path}::M"
    assert seen.parameters[path, "M.forward", "mask"] == {"NoneType"}
    assert seen.parameters[path, "M.forward", "flag"] == {"bool"}
    assert seen.parameters[path, "M.helper", "n"] == {"int"}
    assert seen.locals[path, "M.forward", "pair"] == {"Tuple[int, float]"}
    assert seen.locals[path, "M.forward", "named"] == {"Dict[str, Tensor]"}
    assert seen.returns[path, "M.helper"] == {"Tuple[Tensor, int]"}
    assert seen.attributes[owner, "cache"] == {"NoneType", "Tensor"}
    assert seen.attributes[owner, "sizes"] == {"List[int]"}
    assert seen.values[owner, "training"] == {"False"}
    assert seen.classes["M"] == {"module"}


@pytest.mark.parametrize(
    ("name", "forward", "stage"),
    [
        ("clock", "import time; return x * (time.perf_counter_ns() % 1000003)", "deterministic"),
        ("broken", "return x @ x", "eager"),
    ],
)
def test_an_original_that_cannot_be_held_to_anything(
    bench: Bench, name: str, forward: str, stage: str
) -> None:
    body = f"class M(nn.Module):\n    def forward(self, x):\n        {forward}\n"
    baseline = bench.baseline(bench.original(name, body))
    assert not baseline.eager.ok
    assert baseline.eager.stage == stage
    assert baseline.targets == {}


def test_dropout_is_not_random_from_one_seed(bench: Bench) -> None:
    body = (
        "class M(nn.Module):\n    def forward(self, x):\n        return x + torch.randn_like(x)\n"
    )
    baseline = bench.baseline(bench.original("noise", body))
    assert baseline.eager.ok
    assert all(outcome.ok for outcome in baseline.targets.values()), baseline.targets


def test_a_file_that_is_no_python_is_named_with_its_line(bench: Bench) -> None:
    subject = bench.original("unreadable", "class M(nn.Module:\n    pass\n")
    outcome = bench.baseline(subject).eager
    assert outcome.stage == "load"
    assert outcome.error.startswith("SyntaxError: ")
    assert outcome.place is not None
    assert (outcome.place.path, outcome.place.line) == (subject.path, 3)


def test_files_of_a_package_import_each_other_as_they_do_at_home(bench: Bench) -> None:
    bench.write("one/pkg/__init__.py", "")
    bench.write("one/pkg/data.txt", "3")
    bench.write("one/pkg/parts.py", "def double(x):\n    return x * 2\n")
    text = HEAD + """
from pathlib import Path
from .parts import double

N = int((Path(__file__).parent / "data.txt").read_text())

class M(nn.Module):
    def forward(self, x):
        return double(x) * 3
"""
    subject = Subject(bench.write("one/pkg/model.py", text), "M")
    assert bench.baseline(subject).eager.ok
    overlay = {"one/pkg/parts.py": "def double(x):\n    return x * 3\n"}
    attempt = bench.verifier.attempt(overlay, {subject: (Target.SCRIPT,)})[subject]
    assert "differs" in attempt.eager.error


def test_a_file_may_be_named_like_a_module_of_pythons(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x):\n        return x + 1\n"
    for name in ("random", "copy", "torch"):
        assert bench.baseline(bench.original(name, body)).eager.ok


def test_a_function_is_a_subject_too(bench: Bench) -> None:
    text = HEAD + "import tracefix\n\ndef M(x, n: int = 2):\n    return x * n\n"
    text += (
        '\n@tracefix.example("two/f.py::M")\ndef example(M):\n    return M, (torch.rand(3, 4),)\n'
    )
    subject = Subject(bench.write("two/f.py", text), "M")
    baseline = bench.baseline(subject)
    assert baseline.eager.ok, baseline.eager
    assert all(outcome.ok for outcome in baseline.targets.values()), baseline.targets


OUTPUTS = {
    "sparse": "x.to_sparse()",
    "complex": "torch.complex(x, x)",
    "empty": "x[:0]",
    "nan": "x / 0 - x / 0, x / 0, -x / 0",
    "half": "x.half(), x.bfloat16()",
    "nested": "[x, (x, {'a': x.bool()})]",
    "integers": "x.long(), x.int(), x.byte()",
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_any_output_is_compared(bench: Bench, name: str) -> None:
    body = f"class M(nn.Module):\n    def forward(self, x):\n        return {OUTPUTS[name]}\n"
    subject = bench.original(f"gives_{name}", body)
    baseline = bench.baseline(subject)
    assert baseline.eager.ok, baseline.eager
    proof = bench.prove(subject, body.replace("return ", "y = ").rstrip() + "\n        return y\n")
    assert proof.outcome.ok, proof.outcome
    if name != "empty":
        moved = body.replace("return ", "x = x * 2 + 1; return ")
        assert not bench.attempt(subject, moved).eager.ok or name == "nan"


def test_python_objects_are_compared_field_by_field(bench: Bench) -> None:
    body = """
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

Pair = namedtuple("Pair", "a b")

@dataclass
class Result:
    pair: Any
    n: int = 1

class M(nn.Module):
    def forward(self, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, [4, 2, 1], batch_first=True)
        return Result(Pair(x, packed), None)
"""
    subject = bench.original("objects", body)
    assert bench.baseline(subject).eager.ok
    assert bench.attempt(subject, body).eager.ok
    other = bench.attempt(subject, body.replace("[4, 2, 1]", "[4, 2, 2]"))
    assert other.eager.error.startswith("output[pair][1]")


def test_a_trace_may_give_tensors_for_the_numbers_of_a_size(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x):\n        return x + 1, x.size()\n"
    baseline = bench.baseline(bench.original("size", body))
    assert all(outcome.ok for outcome in baseline.targets.values()), baseline.targets


def test_a_trace_that_fails_names_the_line_it_was_recorded_from(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def forward(self, x):
        n = int(x.numel() / 2)
        return x.view(n, 2)
"""
    subject = bench.original("recorded", body)
    outcome = bench.baseline(subject).targets[Target.TRACE]
    assert outcome.stage == "run"
    assert outcome.error.startswith("RuntimeError: shape '[6, 2]' is invalid for input of size 24")
    assert outcome.place is not None
    assert (outcome.place.path, outcome.place.line) == (subject.path, _line(body, "x.view")[0])


def test_any_number_of_subjects_in_a_file(bench: Bench) -> None:
    one = "class {}(nn.Module):\n    def forward(self, n: int = 2):\n        return torch.ones(n)\n"
    names = [f"C{n}" for n in range(70)]
    path = bench.write("two/many.py", HEAD + "".join(map(one.format, names)))
    found = bench.verifier.baseline([Subject(path, name) for name in names], [])
    assert all(baseline.eager.ok for baseline in found.values())


def test_what_a_project_puts_in_torchs_place_is_what_is_compiled(bench: Bench) -> None:
    """The process that loads torch for all has compiled nothing of torch's own before."""
    body = """
def _tripled(self, x):
    return nn.functional.relu(x) * 3

def _squared(x, inplace: bool = False):
    return x * x

nn.Identity.forward = _tripled
nn.functional.relu = _squared
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Identity()

    def forward(self, x):
        return self.inner(x)
"""
    assert bench.baseline(bench.original("replaced", body)).targets[Target.SCRIPT].ok


def test_what_is_not_begun_in_time_is_late(bench: Bench) -> None:
    subject = bench.original(
        "late", "class M(nn.Module):\n    def forward(self, x):\n        return x\n"
    )
    late = bench.verifier.baseline([subject], tuple(Target), seconds=0.0)[subject]
    assert late.late
    assert not late.eager.ok
    assert late.eager.error == "there was no time to try it"
    in_time = bench.verifier.baseline([subject], tuple(Target), seconds=60.0)[subject]
    assert not in_time.late
    assert in_time.eager.ok
    assert all(outcome.ok for outcome in in_time.targets.values())


def test_a_model_that_takes_long_does_not_keep_the_time_from_the_others(
    make_bench: Callable[..., Bench],
) -> None:
    slow = "class M(nn.Module):\n    def forward(self, x):\n        while True:\n            pass\n"
    quick = "\n\nclass N(nn.Module):\n    def forward(self, x):\n        return x\n"
    examples = EXAMPLES.replace('"one/*::M"', '"one/*::*"')
    bench = make_bench({"tracefix_examples.py": examples}, Limits(seconds=60.0, jobs=1))
    subject = bench.original("long", slow + quick)
    subjects = [subject, Subject(subject.path, "N")]
    found = bench.verifier.baseline(subjects, tuple(Target), seconds=18.0)
    assert found[subjects[0]].eager.error == "ran longer than 15 s"
    assert not found[subjects[0]].late
    assert found[subjects[1]].eager.ok
    assert all(outcome.ok for outcome in found[subjects[1]].targets.values())
