"""Starts the worker under any interpreter, where tracefix need not be installed.

Only this package becomes importable: the folder that it lies in may hold others, which
would shadow the user's own.
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys


def _make_importable() -> None:
    package = pathlib.Path(__file__).resolve().parents[2]
    sys.path[:] = [entry for entry in sys.path if entry != str(pathlib.Path(__file__).parent)]
    spec = importlib.util.spec_from_file_location(
        "tracefix", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tracefix"] = module
    spec.loader.exec_module(module)


def _start() -> None:
    _make_importable()
    try:
        from tracefix.verify.worker.server import main
    except ImportError as error:  # torch's, or torch itself
        from tracefix.verify import wire

        wire.send(sys.stdout.buffer, str(error))
    else:
        main()


if __name__ == "__main__":
    _start()
