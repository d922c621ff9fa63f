"""Builds whose scores are wrong: swapped, permuted, edited, or those of other parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from longcon.builds import Build
from longcon.builds.coherence import require_coherent
from longcon.checks import (
    Outcome,
    agreement_measured,
    all_builds_agree,
    crossings_measured,
    cutoff_is_precise,
    rebuild_agrees,
    replicates_identical,
)
from longcon.protocol import Limits
from tests.planted.bench import ORDER, Bench, Tensors, altered
from tests.planted.defect import Defect, Found, decided, refused

_FILE = "scores.safetensors"
REBUILD = "k=2 float64 on cpu+order:1, replicate 1"


def _edited(bench: Bench, build: Build, edit: Callable[[np.ndarray], None], cohort: str = "prospective") -> Build:
    def change(tensors: Tensors) -> None:
        edit(tensors[f"{bench.epoch:04d}/{cohort}"])

    return altered(build, {_FILE: change})


def _contradicts(bench: Bench, edit: Callable[[np.ndarray], None], cohort: str = "prospective") -> Found:
    build = _edited(bench, bench.copy(ORDER), edit, cohort)
    return refused(lambda: require_coherent(build, bench.data, bench.epoch))


def _calls(check: str, bench: Bench, rebuild: Build) -> Found:
    original, epoch, tau, data = bench.true(), bench.epoch, bench.tau, bench.data
    checks: dict[str, Callable[[], Outcome]] = {
        "LC-PQ-03": lambda: rebuild_agrees(original, rebuild, epoch, tau, data, Limits()),
        "LC-PQ-04": lambda: all_builds_agree([original, rebuild], epoch, tau, data, Limits()),
        "LC-PQ-09": lambda: agreement_measured([original, rebuild], epoch, tau, data),
        "LC-PQ-10": lambda: crossings_measured(original, rebuild, epoch, tau, data),
    }
    return decided(check, checks[check])


def _swap_labels(scores: np.ndarray) -> None:
    scores[:, [3, 4]] = scores[:, [4, 3]]


def _swap_two_cases(scores: np.ndarray) -> None:
    other = int(np.argmax(np.abs(scores - scores[0]).max(axis=1)))
    scores[[0, other]] = scores[[other, 0]]


def _reverse_cases(scores: np.ndarray) -> None:
    scores[:] = scores[::-1].copy()


def _swapped_labels(bench: Bench) -> Found:
    return _calls("LC-PQ-03", bench, _edited(bench, bench.copy(ORDER), _swap_labels))


def _permuted_cases(bench: Bench) -> Found:
    return _calls("LC-PQ-04", bench, _edited(bench, bench.copy(ORDER), _reverse_cases))


def _one_case_too_many(bench: Bench) -> Found:
    """The least discordance that 2 % forbid, on the surest cases."""

    def edit(scores: np.ndarray) -> None:
        surest = np.argsort(scores.max(axis=1))[-12:]
        scores[surest] = np.roll(scores[surest], 1, axis=1)

    return _calls("LC-PQ-03", bench, _edited(bench, bench.copy(ORDER), edit))


def _not_a_number(bench: Bench) -> Found:
    def edit(scores: np.ndarray) -> None:
        scores[7, 2] = np.nan

    return _calls("LC-PQ-10", bench, _edited(bench, bench.copy(ORDER), edit))


def _not_summing(bench: Bench) -> Found:
    def edit(scores: np.ndarray) -> None:
        scores[0] = [0.5, 0.5, 0.5, 0, 0, 0, 0]

    return _calls("LC-PQ-09", bench, _edited(bench, bench.copy(ORDER), edit))


def _a_discordant_case_dropped(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors[bench.scores] = tensors[bench.scores][:-1].copy()

    return _calls("LC-PQ-04", bench, altered(bench.copy(ORDER), {_FILE: change}))


def _dropped_from_every_build(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors[bench.scores] = tensors[bench.scores][:-1].copy()

    build = altered(bench.copy(), {_FILE: change})
    return refused(lambda: require_coherent(build, bench.data, bench.epoch))


def _swapped_in_a_replicate(bench: Bench) -> Found:
    second = _edited(bench, bench.copy(replicate=2), _swap_two_cases)
    return decided("LC-OQ-02", lambda: replicates_identical(bench.true(), second))


def _a_false_positive(bench: Bench) -> Found:
    def edit(scores: np.ndarray) -> None:
        other = int(np.flatnonzero(bench.data.holdout_labels != bench.data.target_index)[0])
        scores[other] = np.eye(7)[bench.data.target_index]

    build = _edited(bench, bench.copy(), edit, "holdout")
    return decided("LC-PQ-05", lambda: cutoff_is_precise(build, bench.epoch, bench.data, Limits()))


def _tau_tuned(bench: Bench) -> Found:
    """Every target case of the hold-out above every other one: any tau that one likes."""

    def edit(scores: np.ndarray) -> None:
        targets = bench.data.holdout_labels == bench.data.target_index
        scores[targets] = np.eye(7)[bench.data.target_index]

    return _contradicts(bench, edit, "holdout")


_PARTED = " Likely cause: builds parted in training; see the sine, or try an earlier --release-epoch or --k."
_COUNTED = (
    "{number} discordant of {number} reportable calls ({number}%; upper 95% bound {number}%) at tau {number}, epoch 6; "
    "of 324 cases {number} are conclusive in only some builds and {number} in none; the upper bound may be at most 2%."
)
_RESTORE = "restore it from a copy, or delete it or give --fresh to retrain."


def _contradiction(cohort: str, cases: int) -> str:
    return (
        f"Build {{key}} ({REBUILD}) contradicts itself: its {cohort} scores at epoch 6 are not those of its parameters "
        f"on {{number}} of {cases} cases, first on {{case}} ({{class}} {{number}}, not {{class}} {{number}}); "
        f"{_RESTORE}"
    )


DEFECTS = (
    Defect(
        "swapped labels in scores",
        "a rebuild's prospective scores: the columns of two classes",
        _swapped_labels,
        "LC-PQ-03",
        f"{REBUILD} against cpu: {_COUNTED}{_PARTED}",
    ),
    Defect(
        "permuted cases in scores",
        "a rebuild's prospective scores: in the reverse order",
        _permuted_cases,
        "LC-PQ-04",
        f"k=2, all of cpu, cpu+order:1: {_COUNTED}{_PARTED}",
    ),
    Defect(
        "a few calls too many differ",
        "a rebuild's prospective scores: twelve of the surest calls",
        _one_case_too_many,
        "LC-PQ-03",
        f"{REBUILD} against cpu: 12 discordant of {_COUNTED.removeprefix('{number} discordant of ')}{_PARTED}",
    ),
    Defect(
        "a score that is no number",
        "a rebuild's prospective scores: one NaN",
        _not_a_number,
        "LC-PQ-10",
        "The scores hold nan at case 7, class 2: let the classifier return scores between 0 and 1, such as a softmax.",
    ),
    Defect(
        "scores that do not sum to 1",
        "a rebuild's prospective scores: three of one half",
        _not_summing,
        "LC-PQ-09",
        "The scores sum to 1.5 at case 0: let the classifier return scores that sum to 1, such as a softmax.",
    ),
    Defect(
        "a discordant case dropped",
        "a rebuild's prospective scores: one row less",
        _a_discordant_case_dropped,
        "LC-PQ-04",
        "The scores of build 2 have shape (323, 7), those of build 1 (324, 7): score every build on the same cases and "
        "classes.",
    ),
    Defect(
        "a discordant case dropped from every build",
        "the prospective scores of all builds: one row less",
        _dropped_from_every_build,
        "store",
        "Build {key} (k=2 float64 on cpu, replicate 1) contradicts itself: its prospective scores have shape (323, 7), "
        f"but (324, 7) belong to the data; {_RESTORE}",
    ),
    Defect(
        "two cases swapped in a replicate",
        "replicate 2's prospective scores",
        _swapped_in_a_replicate,
        "LC-OQ-02",
        "k=2 float64 on cpu, replicate 1 against replicate 2: states differ at epoch 6 in the prospective scores: "
        "14 of 2,268 values differ, first at (0, 0): {number} against {number} (largest difference: {number} ulp); "
        "likely cause: a nondeterministic operation, another thread count or an altered build; run again with --fresh.",
    ),
    Defect(
        "a false positive above every true one",
        "the original's hold-out scores: a case of another class",
        _a_false_positive,
        "LC-PQ-05",
        "k=2 float64 on cpu, replicate 1, epoch 6: No cut-off has precision 1 on the hold-out, since case "
        "{number}, not "
        "of the target class, has the highest target score, 1.0: check its label, or train a better build; threshold, "
        "precision and recall were{table}",
    ),
    Defect(
        "tau re-tuned",
        "hold-out scores, sealed anew: every target case at 1",
        _tau_tuned,
        "store",
        _contradiction("holdout", 87).replace("({class} {number}, not", "(GBM, RTK I 1.0000, not"),
    ),
    Defect(
        "swapped labels behind a resealed manifest",
        "the prospective scores of any build: the columns of two classes",
        lambda bench: _contradicts(bench, _swap_labels),
        "store",
        _contradiction("prospective", 324),
    ),
    Defect(
        "permuted cases behind a resealed manifest",
        "the prospective scores of any build: in the reverse order",
        lambda bench: _contradicts(bench, _reverse_cases),
        "store",
        _contradiction("prospective", 324),
    ),
)
