"""What a person reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from made_plans import (
    FAILS,
    RULE,
    blocked,
    finding,
    plan_of,
    refused,
    repaired,
    replacing,
    verdict,
)
from tracefix.model import (
    PASSED,
    Dropped,
    FilePlan,
    Fix,
    FixId,
    Note,
    Outcome,
    Place,
    Safety,
    Source,
    Status,
    Target,
)
from tracefix.report.table import table
from tracefix.report.text import text_report, troubles
from tracefix.report.view import View

HERE = View(Path("/project"), Path("/project"))
NET = Source.of("def forward(self, n):\n    for _ in range(n): pass\n", "m.py")
UNET = Source.of(
    "from torch import Tensor, nn\n"
    "class UNet(nn.Module):\n"
    "    def __init__(self, channels: int, depth, *, width, bias=True): ...\n"
    "    def forward(self, x: Tensor, mask, lengths: list[int], scale=1.0, *, key): ...\n",
    "models/unet.py",
)
NO_EXAMPLE = Outcome("example", False, "no example")


def test_a_row_for_every_subject_with_each_target_before_and_after() -> None:
    plan = plan_of(
        verdicts=(
            verdict("z.py", "Kept"),
            repaired("a.py", "Repaired", speed=0.154),
            blocked("a.py", "Blocked"),
            verdict("a.py", "Partly", before={Target.SCRIPT: FAILS}, after={Target.SCRIPT: FAILS}),
        )
    )
    rows = [line.split() for line in table(plan, HERE).splitlines()]
    assert rows[0] == ["status", "script", "trace", "time", "example"]
    assert rows[1] == ["a.py"]
    assert ["Repaired", "repaired", "fails", "->", "ok", "ok", "x0.15"] in rows
    assert ["Blocked", "blocked", "fails", "ok"] in rows
    assert ["Partly", "blocked", "fails", "-"] in rows
    assert rows[-2:] == [["z.py"], ["Kept", "kept", "ok", "ok"]]


def test_the_fixes_and_the_reason_stand_below_the_row() -> None:
    twice = repaired("m.py")
    twice = replace(twice, fixes=(*twice.fixes, *twice.fixes))
    assert f"fixed: {RULE} x2\n" in table(plan_of(verdicts=(twice,)), HERE)
    assert "      script: m.py:2:5: range() takes int\n" in table(
        plan_of(verdicts=(blocked("m.py"),)), HERE
    )


def test_what_was_done_is_called_fixed_only_where_it_helped() -> None:
    fixes = (FixId("m.py", RULE, "Net.forward", "n"),)
    both = {Target.SCRIPT: FAILS, Target.TRACE: FAILS}

    def done(**changes: object) -> str:
        shown = table(plan_of(verdicts=(verdict("m.py", fixes=fixes, **changes),)), HERE)
        return shown.splitlines()[3].strip()

    assert done(before=both) == f"fixed: {RULE}"
    assert done(before=both, after={**both, Target.SCRIPT: PASSED}) == f"fixed for script: {RULE}"
    assert done(before=both, after=both) == f"changed, proven the same: {RULE}"
    assert done() == f"changed, proven the same: {RULE}"
    assert done(trouble=NO_EXAMPLE) == f"changed, unverified: {RULE}"


def test_what_only_unsafe_would_cure_is_counted_until_it_is_given() -> None:
    ask = Fix("Make it an argument", (), Safety.ASK)
    file = FilePlan(NET, NET.text, (), (finding(NET, "for _", ask), finding(NET, "n)", ask)))
    line = "2 findings could be cured by changing an interface: --unsafe\n"
    plan = plan_of(file)
    assert text_report(plan, HERE, False).endswith(line)
    assert "--unsafe" not in text_report(replace(plan, unsafe=True), HERE, False)
    sure = replace(file, findings=(finding(NET, "for _", Fix("Do", ())),))
    assert "--unsafe" not in text_report(plan_of(sure), HERE, False)


def test_a_run_that_was_cut_short_says_so() -> None:
    told = text_report(replace(plan_of(), cut_short=True), HERE, False).splitlines()[-1]
    assert told.startswith("Time was up")
    assert "--time-limit 0" in told


def test_a_refusal_on_the_line_that_torch_names_is_the_reason() -> None:
    plan = plan_of(refused(NET, "for _", "n has no type"), verdicts=(blocked("m.py"),))
    assert "m.py:2:5: range over a tensor's value: n has no type\n" in table(plan, HERE)


def test_where_torch_names_no_place_the_rule_that_blocks_the_target_does() -> None:
    differs = Outcome("compare", False, "output differs by 1")
    plan = plan_of(refused(NET, "for _", "baked"), verdicts=(blocked("m.py", outcome=differs),))
    shown = " ".join(table(plan, HERE).split())
    assert "script: output differs by 1; m.py:2:5: range over a tensor's value: baked" in shown
    elsewhere = replace(plan, verdicts=(blocked("m.py", "Other", differs),))
    assert "range over" not in table(elsewhere, HERE)


def test_where_a_trace_parts_the_rule_for_the_statement_around_it_is_told() -> None:
    text = "def forward(self, n):\n    for a in n: pass\n    for b in n:\n        x = b\n"
    source = Source.of(text, "m.py")
    first = refused(source, "for a in n: pass", "the first")
    second = refused(source, "for b in n:\n        x = b", "the second")
    found = replace(first, findings=(*first.findings, *second.findings))
    differs = Outcome("compare", False, "output differs", (Place("m.py", 4, 8),))
    shown = table(plan_of(found, verdicts=(blocked("m.py", outcome=differs),)), HERE)
    words = " ".join(shown.split())
    assert "script: m.py:4:9: output differs; m.py:3:5: range over" in words
    assert "the first" not in words


def test_verbose_tells_on_which_inputs_a_target_held() -> None:
    told = Outcome(
        "compare",
        False,
        "output differs",
        held=("the example", "fresh inputs"),
        broke=("zeros",),
        notes=(Note("self.training is read here", Place("m.py", 2, 4)),),
    )
    plan = plan_of(verdicts=(blocked("m.py", outcome=told),))
    shown = table(plan, replace(HERE, verbose=True))
    assert "script held on: the example, fresh inputs\n" in shown
    assert "script did not on: zeros\n" in shown
    assert "script: m.py:2:5: self.training is read here\n" in shown
    assert "held on" not in table(plan, HERE)


def test_a_rejected_fix_is_named_with_its_evidence() -> None:
    fix = FixId("m.py", RULE, "Net.forward", "n")
    rejected = replace(blocked("m.py"), dropped=(Dropped(fix, "output 0 differs by 0.5"),))
    assert rejected.status is Status.REJECTED
    shown = table(plan_of(verdicts=(rejected,)), HERE)
    assert f"{RULE} was not applied: output 0 differs by 0.5\n" in shown


def test_it_is_readable_at_80_columns() -> None:
    path = "a_package/with/a/long/path/to_the_models.py"
    name = "An" + "Extraordinarily" * 4 + "LongClass.Inner"
    error = Outcome("compile", False, "RuntimeError: " + "the reason goes on " * 10)
    plan = plan_of(verdicts=(verdict(path, "Short"), blocked(path, name, error)))
    shown = table(plan, HERE)
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert name in shown
    assert shown.isascii()


def test_findings_read_as_ruffs_do_and_a_refusal_says_why() -> None:
    plan = plan_of(refused(NET, "for _", "n may be a float"))
    assert text_report(plan, HERE, show_cured=True).startswith(
        f"m.py:2:5: {RULE} range over a tensor's value\n    left alone: n may be a float\n"
    )


def test_what_is_cured_is_marked_or_left_out() -> None:
    plan = plan_of(replacing(NET, "range(n)", "range(int(n))"))
    assert f"m.py:2:14: {RULE} [*] range" in text_report(plan, HERE, show_cured=True)
    assert RULE not in text_report(plan, HERE, show_cured=False)


def test_places_count_from_the_current_folder() -> None:
    inside = View(Path("/project"), Path("/project/models"))
    assert inside.place(Place("models/unet.py", 3, 4)) == "unet.py:3:5"
    assert inside.place(Place("other/unet.py", 3, 4)) == "other/unet.py:3:5"
    assert inside.place(Place("/lib/torch/nn.py", 3, 4)) == "/lib/torch/nn.py:3:5"


def test_an_example_to_fill_in_names_what_must_be_given() -> None:
    missing = verdict("models/unet.py", "UNet", trouble=NO_EXAMPLE)
    shown = text_report(plan_of(replacing(UNET, "...", "..."), verdicts=(missing,)), HERE, False)
    _, _, example = shown.partition("tracefix_examples.py:\n\n")
    example = example[: example.index("\n1 file")]
    assert example == (
        "import torch\n"
        "import tracefix\n"
        "\n\n"
        '@tracefix.example("models/unet.py::UNet")\n'
        "def u_net(UNet):\n"
        "    model = UNet(channels=..., depth=..., width=...)\n"
        "    x = torch.rand(...)  # Tensor\n"
        "    mask = torch.rand(...)\n"
        "    lengths = ...  # list[int]\n"
        "    key = torch.rand(...)\n"
        '    return model, (x, mask, lengths), {"key": key}\n'
    )
    compile(example, "tracefix_examples.py", "exec")


def test_examples_for_functions_nested_classes_and_inherited_methods() -> None:
    source = Source.of(
        "def scale(x, by=2): ...\nclass Outer:\n    class HTTPNet(Base):\n        pass\n"
    )
    lacking = tuple(
        verdict("module.py", name, trouble=NO_EXAMPLE) for name in ("scale", "Outer.HTTPNet")
    )
    shown = text_report(plan_of(replacing(source, "2", "2"), verdicts=lacking), HERE, False)
    assert "def scale(scale):\n    x = torch.rand(...)\n    return scale, (x,)\n" in shown
    assert "def outer_http_net(HTTPNet):\n    model = HTTPNet(...)\n    return model, ()\n" in shown


def test_what_a_base_in_the_same_file_asks_for() -> None:
    source = Source.of(
        "class Base(nn.Module):\n"
        "    def forward(self, x, scale): ...\n"
        "class Sized(Base):\n"
        "    def __init__(self, size): ...\n"
        "class Loop(Other): ...\n"
        "class Other(Loop): ...\n"
    )
    names = ("Base", "Sized", "Loop")
    lacking = tuple(verdict("module.py", name, trouble=NO_EXAMPLE) for name in names)
    shown = text_report(plan_of(replacing(source, "size", "size"), verdicts=lacking), HERE, False)
    assert "    model = Base()\n    x = torch.rand(...)\n" in shown
    assert "    model = Sized(size=...)\n    x = torch.rand(...)\n" in shown
    assert "    return model, (x, scale)\n" in shown
    assert "    model = Loop(...)\n    return model, ()\n" in shown


def test_many_examples_are_counted_unless_asked_for() -> None:
    source = Source.of("\n".join(f"class N{number}: ..." for number in range(9)))
    lacking = tuple(verdict("module.py", f"N{one}", trouble=NO_EXAMPLE) for one in range(9))
    plan = plan_of(replacing(source, "...", "..."), verdicts=lacking)
    assert "# and 6 more: -v shows them all\n" in text_report(plan, HERE, False)
    assert text_report(plan, replace(HERE, verbose=True), False).count("@tracefix.example(") == 9


def test_an_example_that_failed_is_not_asked_for_again() -> None:
    failed = verdict("m.py", trouble=Outcome("eager", False, "ValueError: no"), example="user")
    shown = text_report(plan_of(replacing(NET, "n", "n"), verdicts=(failed,)), HERE, False)
    assert "@tracefix.example" not in shown
    assert "      ValueError: no\n" in shown


def test_the_sum_counts_everything() -> None:
    files = (replacing(NET, "range(n)", "range(int(n))"), refused(UNET, "scale", "why"))
    plan = plan_of(*files, verdicts=(repaired("m.py"), blocked("m.py", "B"), blocked("m.py", "C")))
    last = text_report(plan, HERE, False).splitlines()[-1]
    assert last == "2 files, 2 findings, 1 to change, 1 repaired, 2 blocked (0.2 s)"


def test_every_trouble_is_a_line() -> None:
    broken = replace(refused(UNET, "x", "why"), trouble="line 3: invalid syntax")
    plan = replace(plan_of(broken), troubles=("worker: out of memory",))
    inside = View(Path("/project"), Path("/project/models"))
    assert troubles(plan, inside) == ("unet.py: line 3: invalid syntax", "worker: out of memory")
