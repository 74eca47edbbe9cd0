"""Whatever a subject does costs only that subject."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tracefix.model import Subject, Target
from tracefix.verify.client import Limits
from verify.bench import EXAMPLES, HEAD, Bench
from verify.conftest import MakeBench

DEEDS = {
    "crash": ("import ctypes; ctypes.string_at(0)", "crashed with signal SIGSEGV"),
    "hang": ("import time; time.sleep(3600)", "ran longer than 2 s"),
    "spin": ("while True: pass", "ran longer than 2 s"),
    "leave": ("import os; os._exit(3)", "ended the process with exit code 3"),
    "exit": ("raise SystemExit(1)", "SystemExit: 1"),
    "kill": ("import os; os.kill(os.getpid(), 9)", "crashed with signal SIGKILL"),
    "memory": ("torch.empty(1 << 40)", "out of memory"),
    "hoard": ("x = [bytearray(1 << 26) for _ in range(1 << 12)]", "out of memory"),
    "bomb": ("import os\n        while True: os.fork()", "more than 64 processes"),
}


@pytest.fixture(scope="module")
def strict(make_bench: MakeBench) -> Bench:
    return make_bench({}, Limits(seconds=2.0, memory_mb=512, jobs=2))


@pytest.fixture(scope="module")
def patient(make_bench: MakeBench) -> Bench:
    """For deeds that end by themselves, however slow the machine is."""
    return make_bench({}, Limits(seconds=60.0, memory_mb=512, jobs=2))


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_named_and_the_next_subject_goes_on(
    strict: Bench, patient: Bench, deed: str
) -> None:
    code, reason = DEEDS[deed]
    bench = strict if "ran longer" in reason else patient
    body = (
        f"class M(nn.Module):\n    def forward(self, x):\n        {code}\n        return x\n"
        "class N(nn.Module):\n    def forward(self, x=3):\n        return x\n"
    )
    bad = bench.original(f"does_{deed}", body)
    good = Subject(bad.path, "N")
    found = bench.verifier.baseline([bad, good], [Target.SCRIPT])
    assert not found[bad].eager.ok
    assert reason in found[bad].eager.error
    assert found[good].eager.ok


def test_a_deed_at_import_costs_its_file_alone(strict: Bench) -> None:
    bad = strict.original("import_leaves", "import os; os._exit(5)\n")
    hangs = strict.original("import_hangs", "import time; time.sleep(3600)\n")
    good = strict.original(
        "good", "class M(nn.Module):\n    def forward(self, x):\n        return x\n"
    )
    assert strict.baseline(bad).eager.error == "ended the process with exit code 5"
    assert strict.baseline(hangs).eager.error == "ran out of time"
    assert strict.baseline(good).eager.ok


def test_a_flood_of_output_is_swallowed(strict: Bench) -> None:
    body = """
import os, sys
class M(nn.Module):
    def forward(self, x):
        for _ in range(200):
            print("x" * 65536)
            os.write(1, b"y" * 65536)
            sys.stderr.write("z" * 65536)
        return x
"""
    assert strict.baseline(strict.original("floods", body)).eager.ok


def test_nothing_is_left_behind(make_bench: MakeBench) -> None:
    bench = make_bench({}, Limits(seconds=3.0))
    body = """
import subprocess, sys
class M(nn.Module):
    def forward(self, x):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(987)"],
                         start_new_session=True)
        return x
"""
    before = set(bench.root.rglob("*"))
    subject = bench.original("starts", body)
    assert bench.baseline(subject).eager.ok
    bench.verifier.close()
    time.sleep(0.1)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    if sys.platform == "linux":
        assert "time.sleep(987)" not in listed
    assert set(bench.root.rglob("*")) - before == {bench.root / "one", bench.root / subject.path}


def test_a_server_that_is_killed_is_started_again(make_bench: MakeBench) -> None:
    bench = make_bench({}, Limits(seconds=5.0))
    body = "class M(nn.Module):\n    def forward(self, x):\n        return x\n"
    subject = bench.original("again", body)
    assert bench.baseline(subject).eager.ok
    with bench.verifier._pool.worker() as worker:
        process = worker._process
    assert process is not None
    process.kill()
    process.wait()
    assert bench.attempt(subject, body).eager.ok


def test_an_interpreter_without_torch_is_said(tmp_path: Path) -> None:
    from tracefix.model import Source
    from tracefix.verify.client import Verifier

    sources = {"m.py": Source.of(HEAD, "m.py")}
    subject = Subject("m.py", "M")
    with Verifier(tmp_path, sources, python="/nowhere/python") as verifier:
        outcome = verifier.baseline([subject], [Target.SCRIPT])[subject].eager
    assert outcome.stage == "load"
    assert outcome.error == f"/nowhere/python: {os.strerror(2)}"


def test_an_interpreter_that_lacks_torch_is_said(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench = make_bench({})
    outcome = bench.baseline(bench.original("any", "")).eager
    assert outcome.error == f"{sys.executable}: No module named 'torch'"


def test_where_there_is_no_fork_each_job_has_a_process(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.fork\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench = make_bench({}, Limits(seconds=60.0))
    body = "class M(nn.Module):\n    def forward(self, x):\n        return x + 1\n"
    subject = bench.original("spawned", body)
    baseline = bench.verifier.baseline([subject], [Target.SCRIPT])[subject]
    assert baseline.eager.ok, baseline.eager
    assert baseline.targets[Target.SCRIPT].ok
    leaves = bench.original("leaves", body.replace("return x", "import os; os._exit(4); return x"))
    assert bench.baseline(leaves).eager.error == "ended the process with exit code 4"


CLIENT = """
import sys
from collections.abc import Callable
from pathlib import Path
from tracefix.model import Source, Subject, Target
from tracefix.verify.client import Verifier

root = Path(sys.argv[1])
sources = {"one/m.py": Source.of((root / "one/m.py").read_text(), "one/m.py")}
verifier = Verifier(root, sources, [root / "tracefix_examples.py"])
print(verifier._scratch, flush=True)
verifier.baseline([Subject("one/m.py", "M")], [Target.SCRIPT])
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_client_that_is_ended_leaves_nothing(
    tmp_path: Path, environment: dict[str, str], end: signal.Signals
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "tracefix_examples.py").write_text(EXAMPLES)
    sleeps = f"import os; open({str(tmp_path / 'started')!r}, 'w').close(); os.system('sleep 986')"
    text = f"{HEAD}class M(nn.Module):\n    def forward(self, x):\n        {sleeps}\n"
    (tmp_path / "one/m.py").write_text(text)
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert client.stdout is not None
    with client.stdout as said:
        scratch = Path(said.readline().strip())
    _wait_until((tmp_path / "started").exists)
    client.send_signal(end)
    client.wait()
    _wait_until(lambda: not scratch.exists())
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert "sleep 986" not in listed


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
