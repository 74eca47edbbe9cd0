"""What is written to files, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cli.made_runs import TEXT, PlannedBy, clean, repairing, run
from made_plans import FAILS, RULE, plan_of, repaired, replacing, verdict
from tracefix.config import Config
from tracefix.model import FixId, Outcome, Plan, Source, Target

pytestmark = pytest.mark.usefixtures("project")


def test_applying_twice_changes_nothing_the_second_time(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    assert run("--apply") == 0
    assert capsys.readouterr().out.startswith("wrote m.py\n")
    assert (project / "m.py").read_text() == TEXT.replace("range(n)", "range(int(n))")
    stamp = (project / "m.py").stat().st_mtime_ns
    assert run("--apply") == 0
    assert run("--diff") == 0
    assert "wrote" not in capsys.readouterr().out
    assert (project / "m.py").stat().st_mtime_ns == stamp


def test_a_file_that_changed_meanwhile_is_not_written(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "other.py").write_text(TEXT)

    def slow(sources: Sequence[Source], config: Config) -> Plan:
        (project / "m.py").write_text("mine = 1\n")
        return repairing(sources, config)

    planned_by(slow)
    assert run("--apply") == 2
    assert capsys.readouterr().err == "tracefix: m.py: changed since it was read: not written\n"
    assert (project / "m.py").read_text() == "mine = 1\n"
    assert "range(int(n))" in (project / "other.py").read_text()


def test_files_of_one_repair_are_written_together_or_not_at_all(
    planned_by: PlannedBy, project: Path
) -> None:
    (project / "other.py").write_text(TEXT)

    def tied(sources: Sequence[Source], config: Config) -> Plan:
        (project / "m.py").write_text("mine = 1\n")
        fixes = tuple(FixId(path, RULE, "Net", "n") for path in ("m.py", "other.py"))
        both = replace(repaired("m.py"), fixes=fixes)
        return replace(repairing(sources, config), verdicts=(both,))

    planned_by(tied)
    assert run("--apply") == 2
    assert (project / "other.py").read_text() == TEXT


def test_what_the_encoding_cannot_hold_is_neither_shown_nor_written(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "m.py").write_text("# coding: ascii\nimport torch\nx = 1\n")
    planned_by(lambda sources, config: plan_of(replacing(sources[0], "x = 1", "x = '→'")))
    for mode in ("--diff", "--apply"):
        assert run(mode, "-q") == 2
        assert capsys.readouterr() == ("", "tracefix: m.py: ascii cannot hold '→'\n")
    assert (project / "m.py").read_text() == "# coding: ascii\nimport torch\nx = 1\n"


def test_comments_are_added_for_all_that_is_found(
    planned_by: PlannedBy, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned_by(repairing)
    comment = f"  # tracefix: ignore[{RULE}]"
    assert run("--add-ignore", "--diff", "-q") == 1
    assert f"+for _ in range(n): pass{comment}\n" in capsys.readouterr().out
    assert run("--add-ignore=as it is", "m.py") == 0
    assert (project / "m.py").read_text() == TEXT.rstrip() + f"{comment} as it is\n"
    assert capsys.readouterr().out.startswith("wrote m.py\n")


def test_comments_for_what_torch_alone_told(planned_by: PlannedBy, project: Path) -> None:
    (project / "m.py").write_text("import torch\n\nclass Net(torch.nn.Module):\n    pass\n")
    nowhere = Outcome("compare", False, "values differ")

    def told(sources: Sequence[Source], config: Config) -> Plan:
        failing = {Target.SCRIPT: FAILS, Target.TRACE: nowhere}
        return replace(clean(sources, config), verdicts=(verdict("m.py", before=failing),))

    planned_by(told)
    assert run("--add-ignore", ".") == 0
    assert (project / "m.py").read_text() == (
        "import torch\n# tracefix: ignore[script]\n"
        "class Net(torch.nn.Module):  # tracefix: ignore[trace]\n    pass\n"
    )
