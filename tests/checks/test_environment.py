"""Environment, fingerprints and data: what is not as agreed is named, with both values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longcon.builds import Build, Campaign
from longcon.checks import data_as_agreed, environment_locked, fingerprint_recorded
from longcon.lock import Lock, Package

LOCK = Lock(Path("constraints.txt"), "0123456789abcdef" * 4, {"torch": "2.13.0"})
GOOD, OLD = Package("torch", "2.13.0", "2.13.0"), Package("numpy", "2.0.0", "2.4.6")


def test_the_locked_environment_passes() -> None:
    outcome = environment_locked(LOCK, [GOOD])
    assert outcome.ok
    assert outcome.message == "installed packages: 1 of 1 are those of constraints.txt (SHA-256 0123456789abcdef...)."


def test_another_version_is_named() -> None:
    outcome = environment_locked(LOCK, [GOOD, OLD])
    assert (outcome.ok, outcome.measured, outcome.limit, outcome.n) == (False, 1, 0, 2)
    assert outcome.message == (
        "installed packages: 1 of 2 are those of constraints.txt; numpy is 2.0.0, not 2.4.6. Likely cause: installed "
        "without the lock; run pip install --constraint constraints.txt --editable . in a new environment, or commit "
        "the versions to be validated."
    )


def test_many_are_counted_and_listed() -> None:
    outcome = environment_locked(LOCK, [replace(OLD, name=f"p{n}") for n in range(7)])
    assert " and 2 more. Likely cause" in outcome.message
    assert outcome.lines == ["  p5 is 2.0.0, not 2.4.6", "  p6 is 2.0.0, not 2.4.6"]


@pytest.mark.parametrize(("lock", "found"), [(None, [GOOD]), (LOCK, [])])
def test_nothing_to_compare_is_no_pass(lock: Lock | None, found: list[Package]) -> None:
    outcome = environment_locked(lock, found)
    assert not outcome.ok
    assert outcome.message == (
        "installed packages: constraints.txt of the checkout is missing or pins no exact versions, so there is nothing "
        "to hold them against; restore it from the commit."
    )


def _doctored(build: Build, **fields: Any) -> Build:
    return replace(build, manifest={**build.manifest, "fingerprint": {**build.manifest["fingerprint"], **fields}})


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"probes": {}}, "its fingerprint is empty"),
    ({"hardware": {}}, "its fingerprint is empty"),
    ({"probes": {"sum": "0"}}, "its fingerprint is not that of the numeric class it was asked for"),
    ({"numeric_class": "0"}, "its fingerprint is not that of the numeric class it was asked for"),
    ({"device": "cuda:0"}, "its fingerprint was taken on cuda:0, not on cpu"),
    ({"software": {"torch": "0"}}, "the versions in its fingerprint are not those that were asked for"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("fields", "fault"), FAULTS, ids=[fault + str(list(fields)) for fields, fault in FAULTS])
def test_a_fingerprint_that_is_not_the_devices_own(trained: Campaign, fields: dict[str, Any], fault: str) -> None:
    first, second = (trained.build(trained.original_device, 2, replicate) for replicate in (1, 2))
    outcome = fingerprint_recorded(first, _doctored(second, **fields))
    assert not outcome.ok
    assert outcome.message == (
        f"k=2 float64 on cpu, replicate 2: {fault}; likely cause: a manifest written by other code; run again with "
        "--fresh."
    )


@pytest.mark.slow
def test_a_fingerprint_that_lacks_a_part(trained: Campaign) -> None:
    build = trained.build(trained.original_device, 2, 1)
    assert fingerprint_recorded(build).ok
    fields = {name: value for name, value in build.manifest["fingerprint"].items() if name != "effects"}
    outcome = fingerprint_recorded(replace(build, manifest={**build.manifest, "fingerprint": fields}))
    assert (outcome.ok, outcome.measured) == (False, 1)
    assert "its fingerprint lacks effects;" in outcome.message


@pytest.mark.slow
def test_data_must_have_the_agreed_digest(trained: Campaign) -> None:
    build, digest = trained.build(trained.original_device, 2, 1), trained.data_digest
    assert data_as_agreed(digest, digest, build).ok
    other = "0" * 64
    outcome = data_as_agreed(other, digest, build)
    assert not outcome.ok
    assert outcome.message == (
        f"data: the protocol says {other}, but the run read {digest}; builds were trained on {digest}. Likely cause: "
        "other files, features or split than were agreed on; compare [problem] of the protocol, or have the new digest "
        "approved."
    )
    stranger = replace(build, manifest={**build.manifest, "request": {**build.request, "data": other}})
    assert not data_as_agreed(digest, digest, build, stranger).ok
