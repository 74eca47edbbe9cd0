"""What is told of a trace: where it parts from eager mode, on which inputs, what it cannot hold."""

from __future__ import annotations

from tracefix.model import Outcome, Place, Subject, Target
from verify.bench import HEAD, Bench

_START = "class M(nn.Module):\n    def forward(self, x):\n"


def _trace(bench: Bench, name: str, body: str) -> Outcome:
    baseline = bench.baseline(bench.original(name, body))
    assert baseline.eager.ok, baseline.eager
    return baseline.targets[Target.TRACE]


def _places(body: str, name: str, *parts: str) -> tuple[Place, ...]:
    """The lines that start with `parts`."""
    lines = (HEAD + body).splitlines()
    found = []
    for part in parts:
        (number,) = (n for n, line in enumerate(lines) if line.strip().startswith(part))
        indent = len(lines[number]) - len(lines[number].lstrip())
        found.append(Place(f"one/{name}.py", number + 1, indent))
    return tuple(found)


def test_a_branch_parts_at_the_arms(bench: Bench) -> None:
    body = _START + (
        "        y = torch.tanh(x)\n"
        "        if x.sum() > 0:\n"
        "            y = y + 1\n"
        "        else:\n"
        "            y = y.cos()\n"
        "        return y.sin()\n"
    )
    outcome = _trace(bench, "arms", body)
    assert outcome.error.endswith("the trace goes on with aten::add where aten::cos is due")
    assert outcome.places == _places(body, "arms", "y = y.cos()", "y = y + 1")
    assert "negative values" in outcome.broke
    assert {"the example, 3 calls", "twice the batch"} <= set(outcome.held)
    assert not set(outcome.broke) & set(outcome.held)


def test_a_number_parts_where_it_is_used(bench: Bench) -> None:
    body = _START + "        n = float(x.max())\n        y = x.sin()\n        return y * n\n"
    outcome = _trace(bench, "number", body)
    assert "the trace gives aten::mul 0." in outcome.error
    assert outcome.places == _places(body, "number", "return y * n")


def test_state_parts_on_the_second_call(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x + self.calls
"""
    outcome = _trace(bench, "calls", body)
    assert "on the example, call 2: the trace gives aten::add 1 where 2 is due" in outcome.error
    assert outcome.places == _places(body, "calls", "return x + self.calls")
    after = ("fresh inputs after the example", "scaled values after the example")
    assert outcome.broke == ("the example, call 2", *after)


def test_a_history_of_equal_values_is_no_proof(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = None

    def forward(self, x):
        new = x.mean()
        self.mean = new if self.mean is None else 0.5 * self.mean + 0.5 * new
        return x - self.mean
"""
    outcome = _trace(bench, "history", body)
    assert not outcome.ok
    assert "the example, 3 calls" in outcome.held
    assert {"fresh inputs after the example", "scaled values after the example"} <= set(
        outcome.broke
    )


def test_a_loop_parts_where_it_ends(bench: Bench) -> None:
    body = _START + "        for i in range(x.shape[0]):\n            x = x + i\n        return x\n"
    outcome = _trace(bench, "loop_over_size", body)
    assert outcome.places == _places(body, "loop_over_size", "x = x + i")
    assert "the trace is at its end where aten::add is due" in outcome.error


def test_results_part_where_the_steps_are_the_same(bench: Bench) -> None:
    body = (
        _START + "        y, z = x + 1, x + 1\n        return (y, x) if x.sum() > 0 else (x, z)\n"
    )
    outcome = _trace(bench, "chosen", body)
    assert outcome.error.endswith("the trace gives back other results of its steps")
    assert outcome.places == ()


def test_pythons_random_numbers_are_drawn_once(bench: Bench) -> None:
    body = "import random\n" + _START + "        p = random.random()\n        return x * p\n"
    outcome = _trace(bench, "drawn", body)
    assert "on other random draws 1: the trace gives aten::mul" in outcome.error
    assert outcome.places == _places(body, "drawn", "return x * p")


def test_a_draw_that_decides_nothing_is_no_difference(bench: Bench) -> None:
    body = (
        "import random\n"
        + _START
        + (
            "        skip = random.random() < 0.5\n"
            "        return x * 2 if self.training and skip else x\n"
        )
    )
    outcome = _trace(bench, "layer_drop", body)
    assert outcome.ok, outcome
    assert "other random draws 1" in outcome.held


def test_torchs_draws_are_draws_of_the_trace_too(bench: Bench) -> None:
    outcome = _trace(bench, "noise", _START + "        return x + torch.randn_like(x)\n")
    assert outcome.ok, outcome
    assert "other random draws 1" in outcome.held
    assert "other random draws 1" not in _trace(bench, "still", _START + "        return x\n").held


def test_a_result_that_no_trace_holds_is_named(bench: Bench) -> None:
    body = _START + '        return x * 2, (x.shape[0], "a")\n'
    outcome = _trace(bench, "results", body)
    assert outcome.error.splitlines()[0] == (
        "output[1][1] is the str 'a': a trace holds tensors, and tuples, lists and dicts of them"
    )
    assert outcome.places[:1] == _places(body, "results", "return x * 2")


def test_an_argument_that_no_trace_takes_is_named(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x, n):\n        return x * n\n"
    subject = Subject(bench.write("numbered/given.py", HEAD + body), "M")
    outcome = bench.baseline(subject).targets[Target.TRACE]
    assert outcome.error.splitlines()[0] == (
        "the argument n is the int 3: a trace takes tensors, and tuples, lists and dicts of them"
    )
    assert outcome.places[0] == Place("numbered/given.py", 4, 4)


def test_an_argument_that_no_step_reads_is_noted(bench: Bench) -> None:
    body = "class M(nn.Module):\n    def forward(self, x, mask):\n        return x * 2\n"
    subject = Subject(bench.write("paired/unread.py", HEAD + body), "M")
    outcome = bench.baseline(subject).targets[Target.TRACE]
    assert [note.text for note in outcome.notes] == ["no step of the trace reads the argument mask"]


def test_what_comes_out_as_something_else_is_noted(bench: Bench) -> None:
    body = _START + '        return {"n": x.shape[0]}\n'
    outcome = _trace(bench, "counted_rows", body)
    (place,) = _places(body, "counted_rows", "return")
    assert [(note.text, note.place) for note in outcome.notes] == [
        ("output[n] is the int 3, and a tensor from a trace", place),
        ("a dict is given back: torch.jit.trace takes that with strict=False alone", place),
    ]


def test_the_mode_of_a_trace_is_noted_where_it_is_read(bench: Bench) -> None:
    body = _START + (
        "        if self.training:\n"
        "            x = x + 1\n"
        "        return torch.nn.functional.dropout(x, 0.5)\n"
    )
    outcome = _trace(bench, "read_mode", body)
    read, dropped = _places(body, "read_mode", "if self.training", "return")
    assert [(note.text, note.place) for note in outcome.notes] == [
        (
            "self.training is read here: the trace is of eval mode, "
            "and training mode needs one of its own",
            read,
        ),
        ("dropout is on here in eval mode too, and so it is in the trace", dropped),
    ]


def test_nothing_is_noted_of_a_plain_module(bench: Bench) -> None:
    body = """
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x):
        return self.norm(self.drop(x)), [x]
"""
    outcome = _trace(bench, "plain_layers", body)
    assert outcome.ok
    assert outcome.notes == ()
