"""Versions, code and GPUs of workers, held against this process's."""

from __future__ import annotations

import pytest

from longcon.builds.cluster.agreement import PACKAGES, code_fault, device_fault, scheduler_fault, version_fault
from longcon.builds.cluster.offers import Worker

W = Worker("tcp://a:1", "a", 1, {"cuda:1": 1.0})
OWN = {**dict.fromkeys(PACKAGES, "1.0"), "python": "3.11.4.final.0", "torch": "2.13.0+cpu"}

DIFFERENCES = [
    ({}, None),
    # What was built for a GPU is the same version.
    ({"torch": "2.13.0+cu130"}, None),
    (
        {"torch": "2.12.1"},
        "Worker tcp://a:1 (a) has torch 2.12.1, and this machine torch 2.13.0+cpu: install the same in both places.",
    ),
    (
        {"python": "3.12.1.final.0", "numpy": None, "numba": "0.1"},
        "Worker tcp://a:1 (a) has python 3.12.1, no numpy and numba 0.1, and this machine python 3.11.4, numpy 1.0 and "
        "numba 1.0: install the same in both places.",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), DIFFERENCES, ids=[str(one) for one, _ in DIFFERENCES])
def test_versions_are_told_where_they_differ(change: dict[str, str | None], sentence: str | None) -> None:
    assert version_fault(W, OWN, {**OWN, **change}) == sentence


def test_the_scheduler_needs_the_same_dask_alone() -> None:
    theirs = {**OWN, "torch": None, "numba": "0.1"}
    assert scheduler_fault("tcp://s:8786", OWN, theirs) is None
    assert scheduler_fault("tcp://s:8786", OWN, {**theirs, "distributed": "0.9"}) == (
        "The scheduler at tcp://s:8786 has distributed 0.9, and this machine distributed 1.0: install the same in both "
        "places."
    )


def test_other_code_is_told() -> None:
    assert code_fault(W, "a" * 64, "a" * 64) is None
    assert code_fault(W, "a" * 64, "b" * 64) == (
        "Worker tcp://a:1 (a) runs other code of longcon (bbbbbbbb, not aaaaaaaa): install this one there, and start "
        "the worker again."
    )


@pytest.mark.parametrize(
    ("gpus", "sentence"),
    [
        (2, None),
        (
            1,
            "Worker tcp://a:1 (a) offers 'cuda:1', but PyTorch 2 finds 1 GPU there: start it with the resources that "
            "it has.",
        ),
        (
            0,
            "Worker tcp://a:1 (a) offers 'cuda:1', but PyTorch 2 finds no GPU there: start it with the resources that "
            "it has.",
        ),
    ],
)
def test_a_gpu_that_is_not_there_is_told(gpus: int, sentence: str | None) -> None:
    assert device_fault(W, "2", gpus) == sentence
