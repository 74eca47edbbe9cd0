"""What a process that runs user code is held to."""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

_MOST_PROCESSES = 64
_M_PERTURB, _FRESH_BYTE = -6, 0x3D  # bytes that make a float32 of 0.046
_STARTERS = {"os.fork", "os.forkpty", "os.posix_spawn", "subprocess.Popen"}


def silence() -> None:
    """Send what user code prints to nowhere, and give it nothing to read."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def limit_memory(megabytes: int) -> None:
    """Let the address space grow by `megabytes` from what it is."""
    if sys.platform == "win32":
        return
    import resource

    most = _address_space() + (megabytes << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses what is in use already
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * mmap.PAGESIZE
    except OSError:
        return 0


_started: list[mmap.mmap] = []  # how many processes were; empty where nobody counts


@contextlib.contextmanager
def limited_processes() -> Iterator[None]:
    """Within, this process and all that it starts may start so many together, and no more.

    RLIMIT_NPROC counts the user's other processes too, and does not bind root.
    """
    sys.addaudithook(_count)
    _started[:] = [mmap.mmap(-1, 8)]  # shared with every fork
    yield
    _started.clear()


def _count(event: str, _: Any) -> None:
    if event not in _STARTERS or not _started:
        return
    number = int.from_bytes(_started[0][:], "little") + 1
    _started[0][:] = number.to_bytes(8, "little")
    if number > _MOST_PROCESSES:
        raise RuntimeError(f"more than {_MOST_PROCESSES} processes were started")


def fill_fresh_memory() -> None:
    """Have glibc fill what it allocates, so that uninitialised memory reads the same everywhere.

    Without, it is mostly zeros, and a tensor that is not wholly written looks right by luck.
    """
    if sys.platform.startswith("linux"):
        import ctypes

        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_PERTURB, 0xFF ^ _FRESH_BYTE)


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when `parent` ends; Linux alone can."""
    if _prctl(1, signal.SIGKILL) and os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own is gone; Linux alone can."""
    _prctl(36, 1)


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    failed: int = ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    return failed == 0


def children() -> list[int]:
    """The ids of this process's children, where the system tells."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as listed:
            return [int(pid) for pid in listed.read().split()]
    except OSError:
        return []
