"""One project with a Verifier that the tests of verification share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from tracefix.model import Source
from tracefix.verify.client import Limits, Verifier
from verify.bench import EXAMPLES, Bench

MakeBench = Callable[..., Bench]


@pytest.fixture(scope="session")
def make_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeBench]:
    """Makes a project of its own with a Verifier of its own."""
    made: list[Bench] = []

    def make(files: Mapping[str, str], limits: Limits = Limits()) -> Bench:
        root = tmp_path_factory.mktemp("project")
        sources: dict[str, Source] = {}
        examples = root / "tracefix_examples.py"
        examples.write_text(files.get("tracefix_examples.py", EXAMPLES))
        bench = Bench(root, sources, Verifier(root, sources, [examples], limits=limits))
        made.append(bench)
        for path, text in files.items():
            bench.write(path, text)
        return bench

    yield make
    for bench in made:
        bench.verifier.close()


@pytest.fixture(scope="session")
def bench(make_bench: MakeBench) -> Bench:
    """The project that most tests share."""
    return make_bench({}, Limits(seconds=60.0))
