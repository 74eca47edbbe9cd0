"""Every positive fixture through torch: the right answer is proven, its mutants are rejected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from fixture_cases import Case, cases
from tracefix.model import Source, Subject, Target
from tracefix.verify.client import Limits, Verifier
from tracefix.verify.protocol import Baseline, Proof

POSITIVE = [case for case in cases() if case.after is not None]
MUTANTS = [(case, n) for case in POSITIVE for n in range(len(case.spec.get("mutant", ())))]
CAUGHT_AT_LEAST = 0.95


@dataclass(frozen=True)
class Ran:
    """The chosen positive fixtures as one project: the originals and the right answers."""

    cases: tuple[Case, ...]
    verifier: Verifier
    baselines: dict[Subject, Baseline]
    proofs: dict[Subject, Proof]


def _path(case: Case) -> str:
    return f"{case.id.replace('/', '__').replace('-', '_')}.py"


def _subject(case: Case) -> Subject:
    return Subject(_path(case), case.spec["subject"])


def _mutated(case: Case, number: int) -> str:
    mutant = case.spec["mutant"][number]
    assert case.after is not None
    assert mutant["replace"] in case.after, f"{case.id}: {mutant['replace']!r} is not in after.py"
    return case.after.replace(mutant["replace"], mutant["by"])


def _examples(chosen: Iterable[Case]) -> str:
    lines = ["import torch", "import tracefix", ""]
    for number, case in enumerate(chosen):
        lines += [
            f"@tracefix.example({str(_subject(case))!r})",
            f"def example_{number}({case.spec['subject']}):",
            f"    return {case.spec['model']}, ({case.spec['inputs']},)",
            "",
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    root = tmp_path_factory.mktemp("fixtures")
    chosen = _chosen(request.session.items)
    sources = {}
    for case in chosen:
        file = root / _path(case)
        file.write_text(case.before)
        sources[_path(case)] = Source.of(case.before, _path(case))
    examples = root / "tracefix_examples.py"
    examples.write_text(_examples(chosen))
    subjects = [_subject(case) for case in chosen]
    limits = Limits(seconds=60)
    with Verifier(root, sources, [examples], limits=limits, draws=True) as verifier:
        baselines = verifier.baseline(subjects, tuple(Target))
        right = {_path(case): case.after or "" for case in chosen}
        proofs = verifier.prove(right, subjects, tuple(Target))
        yield Ran(chosen, verifier, baselines, proofs)


def _chosen(items: Iterable[pytest.Item]) -> tuple[Case, ...]:
    """The cases whose tests were asked for (-k empty-list: seconds, not minutes), or else all."""
    asked = [vars(item)["callspec"].params.get("case") for item in items if _of_a_case(item)]
    return tuple(case for case in POSITIVE if case in asked) or tuple(POSITIVE)


def _of_a_case(item: pytest.Item) -> bool:
    return hasattr(item, "callspec") and item.path.samefile(__file__)


def _run_mutants(ran: Ran) -> Iterator[tuple[tuple[str, int], Proof]]:
    """Each case's n-th mutants side by side: they lie in different files.

    Only those that eager mode does not tell from the original are compiled.
    """
    for number in range(max((n + 1 for _, n in MUTANTS), default=0)):
        now = [case for case, n in MUTANTS if n == number and case in ran.cases]
        overlay = {_path(case): _mutated(case, number) for case in now}
        proofs = ran.verifier.prove(overlay, [_subject(case) for case in now], ())
        left = [subject for subject, proof in proofs.items() if proof.outcome.ok]
        proofs.update(ran.verifier.prove(overlay, left, tuple(Target)))
        for case in now:
            yield (case.id, number), proofs[_subject(case)]


@pytest.mark.parametrize("case", POSITIVE, ids=lambda c: c.id)
def test_the_right_answer_is_proven(case: Case, ran: Ran) -> None:
    baseline, proof = ran.baselines[_subject(case)], ran.proofs[_subject(case)]
    assert baseline.eager.ok, baseline.eager
    assert proof.outcome.ok, proof.outcome
    for target in Target:
        before, after = case.spec[target.value]
        assert _word(baseline.targets[target].ok) == before, baseline.targets[target]
        assert _word(proof.targets[target].ok) == after, proof.targets[target]


def test_verification_rejects_the_mutants(ran: Ran) -> None:
    proofs = dict(_run_mutants(ran))
    missed = [
        f"{case.id}: {case.spec['mutant'][n]['by']}"
        for case, n in MUTANTS
        if (case.id, n) in proofs and not _rejected(case, proofs[case.id, n])
    ]
    assert proofs, "there are no mutants"
    assert 1 - len(missed) / len(proofs) >= CAUGHT_AT_LEAST, missed


def test_every_positive_case_has_a_mutant() -> None:
    assert [case.id for case in POSITIVE if not case.spec.get("mutant")] == []


def _rejected(case: Case, proof: Proof) -> bool:
    """Whether a proof speaks against a mutant: a difference, or a target that is not repaired."""
    wanted = {t for t in Target if case.spec[t.value][1] == "pass"}
    return not proof.outcome.ok or any(not proof.targets[t].ok for t in wanted)


def _word(ok: bool) -> str:
    return "pass" if ok else "fail"
