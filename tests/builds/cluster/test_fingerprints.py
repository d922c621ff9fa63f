"""Fingerprints of workers that offer one device: they must be one, or nothing is trained."""

from __future__ import annotations

from typing import Any

import pytest

from longcon.builds.cluster.fingerprints import alike
from longcon.builds.cluster.offers import Worker
from longcon.errors import BuildError, ClusterError, LongconError

A, B = (Worker(f"tcp://{name}:1", name, 1, {"cpu@xeon": 1}) for name in "ab")


def _taken(numeric_class: str = "n", torch: str = "2.13.0") -> dict[str, Any]:
    return {"fingerprints": [{"numeric_class": numeric_class, "software": {"torch": torch}}]}


def test_workers_that_compute_alike_have_one_fingerprint() -> None:
    assert alike([(A, _taken()), (B, _taken())], "cpu@xeon") == _taken()["fingerprints"]


FAULTS: list[tuple[dict[str, Any], type[LongconError], str]] = [
    (
        _taken("m"),
        ClusterError,
        "Workers tcp://a:1 (a) and tcp://b:1 (b) both offer 'cpu@xeon', but do not compute alike: start each with a "
        'resource of its own, such as --resources "cpu@NAME=1".',
    ),
    (
        _taken(torch="2.13.0+cu130"),
        ClusterError,
        "Workers tcp://a:1 (a) and tcp://b:1 (b) both offer 'cpu@xeon', but with torch 2.13.0 and 2.13.0+cu130: start "
        'each with a resource of its own, such as --resources "cpu@NAME=1".',
    ),
    (
        {"kind": "ProblemChangedError", "error": "The source of p changed."},
        ClusterError,
        "Worker tcp://b:1 (b) has another version of the problem: its code, and what that imports, must be the same on "
        "every worker.",
    ),
    (
        {"kind": "ProblemError", "error": "/lab/problem.py is not there."},
        ClusterError,
        "Worker tcp://b:1 (b) cannot load the problem, which must lie at the same path on every worker: "
        "/lab/problem.py is not there.",
    ),
    (
        {"kind": "BuildError", "error": "It ended with exit status 1."},
        BuildError,
        "Worker tcp://b:1 (b): It ended with exit status 1.",
    ),
]


@pytest.mark.parametrize(
    ("other", "kind", "sentence"), FAULTS, ids=["arithmetic", "software", "another problem", "no problem", "failed"]
)
def test_what_keeps_them_from_being_one_is_told(other: dict[str, Any], kind: type[LongconError], sentence: str) -> None:
    with pytest.raises(kind) as error:
        alike([(A, _taken()), (B, other)], "cpu@xeon")
    assert type(error.value) is kind
    assert str(error.value) == sentence
