"""Checks of calls: the gate is on the bound, zero cases are no evidence, and every discordant case is listed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longcon.checks import all_builds_agree, cutoff_is_precise, rebuild_agrees
from longcon.errors import BuildError
from longcon.problems import ProblemData
from longcon.protocol import Limits

TAU = 0.5


@dataclass(frozen=True)
class Scored:
    """Stands where a build stands, with scores given by the test; nothing else of a build is asked."""

    folder: Path
    device: str
    numeric_class: str
    prospective: Any
    holdout: Any = None

    @property
    def title(self) -> str:
        return f"k=2 float64 on {self.device}, replicate 1"

    @property
    def minibatch(self) -> str:
        return "k=2, "

    @property
    def request(self) -> dict[str, object]:
        return {"recipe": {"k": 2, "arithmetic": "native"}, "problem": {}}

    @property
    def manifest(self) -> dict[str, object]:
        return {"seconds": float(hash(self.folder))}

    def scores(self, epoch: int, cohort: str) -> Any:
        assert epoch == 7
        return self.prospective if cohort == "prospective" else self.holdout


def _build(device: str, calls: list[int], score: float = 0.9) -> Any:
    scores = np.full((len(calls), 4), (1 - score) / 3)
    scores[np.arange(len(calls)), calls] = score
    return Scored(Path(device), device, device, scores)


def _data(problem: ProblemData, cases: int) -> ProblemData:
    # No two alike: a case under another name is still the same case.
    values = np.arange(cases * problem.features, dtype=np.float64).reshape(cases, -1)
    return replace(problem, prospective=values, prospective_cases=tuple(f"GSM{i}" for i in range(cases)))


def test_fourteen_of_339_fail_with_their_line_list(problem: ProblemData) -> None:
    first = [0] * 339
    second = [1] * 14 + [0] * 325
    outcome = rebuild_agrees(
        _build("cpu", first), _build("cuda:0", second), 7, TAU, _data(problem, 339), Limits(p=0.98)
    )
    assert not outcome.ok
    assert outcome.requirement == "LC-PQ-03"
    assert outcome.details["point_estimate"] == pytest.approx(14 / 339)
    assert outcome.measured == pytest.approx(0.0638, abs=5e-5)
    assert outcome.message == (
        "k=2 float64 on cuda:0, replicate 1 against cpu: 14 discordant of 339 reportable calls (4.13%; upper 95% bound "
        "6.38%) at tau 0.5000, epoch 7; of 339 cases 0 are conclusive in only some builds and 0 in none; the upper "
        "bound may be at most 2%. Likely cause: builds parted in training; see the sine, or try an earlier "
        "--release-epoch or --k."
    )
    assert len(outcome.lines) == 14
    assert outcome.lines[0] == "  GSM0  cpu: a 0.9000  |  cuda:0: b 0.9000"


GATES = [
    # discordant, reportable, p, confidence, ok
    (0, 324, 0.99, 0.95, True),  # bound 0.92 %
    (0, 324, 0.995, 0.95, False),
    (0, 149, 0.98, 0.95, True),
    (0, 148, 0.98, 0.95, False),
    (3, 324, 0.99, None, True),  # point estimate 0.93 %
    (3, 324, 0.99, 0.95, False),
    (4, 324, 0.99, None, False),
    (1, 10, 0.9, None, True),  # exactly 1 - p
    (1, 50, 0.98, None, True),
    (0, 324, 1.0, None, True),
    (1, 324, 1.0, None, False),
    (0, 324, 1.0, 0.95, False),  # no number of cases shows a rate of 0
]


@pytest.mark.parametrize(("discordant", "reportable", "p", "confidence", "ok"), GATES)
def test_the_gate(
    problem: ProblemData, discordant: int, reportable: int, p: float, confidence: float | None, ok: bool
) -> None:
    first = _build("cpu", [0] * reportable)
    second = _build("cpu+order:1", [1] * discordant + [0] * (reportable - discordant))
    outcome = rebuild_agrees(first, second, 7, TAU, _data(problem, reportable), Limits(p=p, confidence=confidence))
    assert outcome.ok is ok


@pytest.mark.parametrize("confidence", [None, 0.95])
def test_no_reportable_case_is_no_evidence(problem: ProblemData, confidence: float | None) -> None:
    builds = [_build(name, [0] * 50, score=0.4) for name in ("cpu", "cpu+order:1")]
    outcome = all_builds_agree(builds, 7, TAU, _data(problem, 50), Limits(p=0.5, confidence=confidence))
    assert not outcome.ok
    assert "Likely cause: too few reportable cases to show it" in outcome.message


def test_a_third_build_that_disagrees_is_seen(problem: ProblemData) -> None:
    builds = [_build("cpu", [0] * 40), _build("cpu+order:1", [0] * 40), _build("cpu+order:2", [2] + [0] * 39)]
    outcome = all_builds_agree(builds, 7, TAU, _data(problem, 40), Limits(p=0.99, confidence=None))
    assert not outcome.ok
    assert outcome.lines == ["  GSM0  cpu: a 0.9000  |  cpu+order:1: a 0.9000  |  cpu+order:2: c 0.9000"]


def test_a_build_twice_is_refused(problem: ProblemData) -> None:
    build = _build("cpu", [0] * 40)
    with pytest.raises(BuildError) as error:
        rebuild_agrees(build, build, 7, TAU, _data(problem, 40), Limits())
    assert str(error.value) == "Build cpu was to be compared with itself: compare different builds."


def test_builds_of_one_numeric_class_are_no_evidence(problem: ProblemData) -> None:
    first, second = _build("cpu", [0] * 300), _build("cpu+isa:avx2", [0] * 300)
    outcome = rebuild_agrees(first, replace(second, numeric_class="cpu"), 7, TAU, _data(problem, 300), Limits())
    assert not outcome.evidence


def _with_holdout(target_scores: list[float], labels: list[int], problem: ProblemData) -> tuple[Any, ProblemData]:
    scores = np.tile(((1 - np.array(target_scores)) / 3)[:, None], (1, 4))
    scores[:, 2] = target_scores
    build = replace(_build("cpu", [0]), holdout=scores)
    doctored = replace(
        problem,
        holdout=np.arange(len(labels) * problem.features, dtype=np.float64).reshape(len(labels), -1),
        holdout_labels=np.array(labels),
        holdout_cases=tuple(f"h{i}" for i in range(len(labels))),
    )
    return build, doctored


def test_the_papers_recall(problem: ProblemData) -> None:
    targets = [0.9] * 14 + [0.2, 0.1]
    build, data = _with_holdout([*targets, 0.3, 0.25, 0.2], [2] * 16 + [0, 1, 3], problem)
    outcome = cutoff_is_precise(build, 7, data, Limits())
    assert outcome.ok
    assert outcome.message == (
        "k=2 float64 on cpu, replicate 1, epoch 7: tau 0.9000 calls 14 of 16 'c' hold-out cases (recall 0.8750) "
        "with 0 false positive (precision 1.0000, required 1)."
    )


def test_a_holdout_that_no_cutoff_separates_fails_with_its_table(problem: ProblemData) -> None:
    build, data = _with_holdout([0.9, 0.8, 0.7, 0.1], [0, 1, 2, 3], problem)
    outcome = cutoff_is_precise(build, 7, data, Limits())
    assert not outcome.ok
    assert outcome.measured is None
    assert "precision" in outcome.message
