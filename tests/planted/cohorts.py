"""Cohorts that are wrong: files, and what is made of them."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from longcon.checks import cutoff_is_precise, data_as_agreed
from longcon.problems import GbmProblem, ProblemData, digest_of
from longcon.protocol import Limits
from tests.planted.bench import Bench
from tests.planted.defect import Defect, Found, decided, refused

_REFERENCE, _PROSPECTIVE = "GSE90496_beta.txt.gz", "GSE109379_processed_data.txt.gz"
Lines = list[str]


def _files(bench: Bench, name: str, change: Callable[[Lines], Lines]) -> Found:
    """Reads simulated files in GEO's layout, one of them changed."""
    (simulated,) = bench.small.glob("cohorts/simulated-0-360-*")
    folder = bench.place / "geo"
    shutil.copytree(simulated, folder)
    path = folder / name
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    path.write_bytes(gzip.compress("\n".join(change(lines)).encode(), compresslevel=1))
    return refused(lambda: GbmProblem(300, bench.place, folder).data(lambda *_: None))


def _absent_class(bench: Bench) -> Found:
    def change(lines: Lines) -> Lines:
        return [line.replace("GBM, MID", "GBM, MIX") for line in lines]

    return _files(bench, "GSE90496_series_matrix.txt.gz", change)


def _truncated(bench: Bench) -> Found:
    return _files(bench, _PROSPECTIVE, lambda lines: [*lines[:-2], "\t".join(lines[-2].split("\t")[:356])])


def _above_one(bench: Bench) -> Found:
    def change(lines: Lines) -> Lines:
        cells = lines[5].split("\t")
        return [*lines[:5], "\t".join([cells[0], *["1.5"] * (len(cells) - 1)]), *lines[6:]]

    return _files(bench, _REFERENCE, change)


def _same_sample_twice(bench: Bench) -> Found:
    return _files(bench, _REFERENCE, lambda lines: [lines[0].replace("SAMPLE 2\t", "SAMPLE 1\t"), *lines[1:]])


def _split(bench: Bench, **fields: Any) -> Found:
    return refused(lambda: replace(bench.data, **fields))


def _with_row(table: np.ndarray, row: np.ndarray) -> np.ndarray:
    changed = table.copy()
    changed[-1] = row
    return changed


def _leaked(bench: Bench) -> Found:
    data = bench.data
    return _split(bench, training_cases=(*data.training_cases[:-1], data.holdout_cases[0]))


def _leaked_under_another_name(bench: Bench) -> Found:
    return _split(bench, training=_with_row(bench.data.training, bench.data.holdout[0]))


def _prospective_in_training(bench: Bench) -> Found:
    data = bench.data
    return _split(bench, prospective_cases=(*data.prospective_cases[:-1], data.training_cases[0]))


def _prospective_in_training_under_another_name(bench: Bench) -> Found:
    return _split(bench, prospective=_with_row(bench.data.prospective, bench.data.training[0]))


def _tau_on_the_prospective_set(bench: Bench) -> Found:
    count = len(bench.data.holdout)
    return _split(bench, holdout=bench.data.prospective[:count].copy())


def _twice(bench: Bench) -> Found:
    cases = bench.data.prospective_cases
    return _split(bench, prospective_cases=(*cases[:-1], cases[0]))


def _no_target(bench: Bench) -> Found:
    labels = bench.data.holdout_labels
    return _split(bench, holdout_labels=np.where(labels == bench.data.target_index, 0, labels))


def _digested(bench: Bench, change: Callable[[ProblemData], ProblemData]) -> Found:
    agreed, found = (digest_of(data.serialised()) for data in (bench.data, change(bench.data)))
    return decided("LC-IQ-06", lambda: data_as_agreed(agreed, found, bench.true()))


def _shuffled_labels(bench: Bench) -> Found:
    labels = np.random.default_rng(0).permutation(bench.data.training_labels)
    return _digested(bench, lambda data: replace(data, training_labels=labels))


def _dropped_case(bench: Bench) -> Found:
    def change(data: ProblemData) -> ProblemData:
        return replace(
            data,
            prospective=np.ascontiguousarray(data.prospective[:-1]),
            prospective_cases=data.prospective_cases[:-1],
        )

    return _digested(bench, change)


def _one_value(bench: Bench) -> Found:
    values = bench.data.holdout.copy()
    values[3, 7] = np.nextafter(values[3, 7], 9)
    return _digested(bench, lambda data: replace(data, holdout=values))


def _trained_on_others(bench: Bench) -> Found:
    agreed = "0" * 64
    return decided("LC-IQ-06", lambda: data_as_agreed(agreed, agreed, bench.true()))


def _swapped_holdout_labels(bench: Bench) -> Found:
    """The surest hold-out case of the target class under another class's label."""
    scores = bench.true().scores(bench.epoch, "holdout")[:, bench.data.target_index]
    labels = bench.data.holdout_labels.copy()
    labels[int(np.argmax(scores))] = 0
    data = replace(bench.data, holdout_labels=labels)
    return decided("LC-PQ-05", lambda: cutoff_is_precise(bench.true(), bench.epoch, data, Limits()))


_AGREED = (
    "Likely cause: other files, features or split than were agreed on; compare [problem] of the protocol, or have the "
    "new digest approved."
)

DEFECTS = (
    Defect(
        "an absent class",
        "GSE90496_series_matrix.txt.gz: one class under another name",
        _absent_class,
        "usage error",
        "GSE90496_series_matrix.txt.gz has no sample of class 'GBM, MID' - did you mean 'GBM, MIX'?",
    ),
    Defect(
        "a truncated table",
        f"{_PROSPECTIVE}: its last line cut",
        _truncated,
        "usage error",
        f"{_PROSPECTIVE}, line 361: 356 fields where the header has 689, so the table is truncated; fetch it again or "
        "use a complete copy.",
    ),
    Defect(
        "a value outside its range",
        f"{_REFERENCE}: a line of beta values of 1.5",
        _above_one,
        "usage error",
        f"{_REFERENCE}, line 6, probe cg00000188, SAMPLE 1: the beta 1.5 is outside [0, 1]; correct the file or "
        f"fetch it "
        "again.",
    ),
    Defect(
        "a sample twice",
        f"{_REFERENCE}: two columns of one name",
        _same_sample_twice,
        "usage error",
        f"{_REFERENCE}: column SAMPLE 1 occurs twice in the header; remove one of them.",
    ),
    Defect(
        "hold-out leaked into training",
        "a hold-out case among the training cases",
        _leaked,
        "usage error",
        "Case '{case}' stands both in the training split and in the hold-out: give each case to one.",
    ),
    Defect(
        "hold-out leaked into training under another name",
        "the measurements of a hold-out case in a training case's place",
        _leaked_under_another_name,
        "usage error",
        "Case '{case}' of the hold-out has the measurements of case '{case}' of the training split: leave one of them "
        "out.",
    ),
    Defect(
        "a prospective case that was trained on",
        "a training case in the prospective set",
        _prospective_in_training,
        "usage error",
        "Case '{case}' stands both in the reference cohort and in the prospective set: leave it out of the prospective "
        "set.",
    ),
    Defect(
        "a prospective case that was trained on, under another name",
        "the measurements of a training case in a prospective case's place",
        _prospective_in_training_under_another_name,
        "usage error",
        "Case '{case}' of the prospective set has the measurements of case '{case}' of the training split: leave "
        "one of "
        "them out.",
    ),
    Defect(
        "tau found on the prospective set",
        "the measurements of the prospective set in the hold-out's place",
        _tau_on_the_prospective_set,
        "usage error",
        "Case '{case}' of the prospective set has the measurements of case '{case}' of the hold-out: leave one of them "
        "out.",
    ),
    Defect(
        "a case twice",
        "the prospective set: one identifier at two cases",
        _twice,
        "usage error",
        "Case '{case}' stands twice in the prospective set: give each case once.",
    ),
    Defect(
        "a hold-out without the target class",
        "the hold-out's labels",
        _no_target,
        "usage error",
        "Class 'GBM, RTK I' has no case in the hold-out: give cases of it or leave it out.",
    ),
    Defect(
        "shuffled labels",
        "the training labels",
        _shuffled_labels,
        "LC-IQ-06",
        f"data: the protocol says {{digest}}, but the run read {{digest}}. {_AGREED}",
    ),
    Defect(
        "a discordant case dropped from the prospective set",
        "the prospective set: one case less",
        _dropped_case,
        "LC-IQ-06",
        f"data: the protocol says {{digest}}, but the run read {{digest}}. {_AGREED}",
    ),
    Defect(
        "one ulp in one measurement",
        "the hold-out",
        _one_value,
        "LC-IQ-06",
        f"data: the protocol says {{digest}}, but the run read {{digest}}. {_AGREED}",
    ),
    Defect(
        "builds that were trained on other data",
        "the data that the builds' requests name",
        _trained_on_others,
        "LC-IQ-06",
        f"data: the protocol says {'0' * 64}, but builds were trained on {{digest}}. {_AGREED}",
    ),
    Defect(
        "a swapped label in the hold-out",
        "the label of its surest target case",
        _swapped_holdout_labels,
        "LC-PQ-05",
        "k=2 float64 on cpu, replicate 1, epoch 6: No cut-off has precision 1 on the hold-out, since case "
        "{number}, not "
        "of the target class, has the highest target score, {number}: check its label, or train a better build; "
        "threshold, precision and recall were{table}",
    ),
)
