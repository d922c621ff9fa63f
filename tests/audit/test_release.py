"""Whether an audit released a build: unchanged, released, and of this very build, epoch and tau."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longcon.audit import MANIFEST, AuditError, publish
from longcon.audit.release import require_released
from longcon.builds import Build, Campaign
from longcon.builds.reference import manifest_digest
from longcon.checks import cutoff_of
from longcon.problems import ProblemData
from reports.audit import audit_of
from tests.reports.runs import run_of


@pytest.fixture(scope="module")
def released(trained: Campaign, problem: ProblemData) -> dict[str, bytes]:
    """The files of an audit that released the original build."""
    return audit_of(run_of(trained, problem, for_release=True), None, b"<testsuites/>")


@pytest.fixture
def original(trained: Campaign) -> Build:
    return trained.build(trained.original_device, 2, 1)


def _asked(build: Build, problem: ProblemData, **changes: Any) -> dict[str, Any]:
    epoch = build.best_epoch
    plain = {
        "key": build.folder.name,
        "manifest": manifest_digest(build),
        "epoch": epoch,
        "tau": cutoff_of(build, epoch, problem).tau,
    }
    return {**plain, **changes}


def test_an_audit_that_released_it(
    tmp_path: Path, released: Mapping[str, bytes], original: Build, problem: ProblemData
) -> None:
    digest = publish(tmp_path / "audit", released)
    assert require_released(tmp_path / "audit", **_asked(original, problem)) == digest


def test_an_audit_that_was_changed(
    tmp_path: Path, released: Mapping[str, bytes], original: Build, problem: ProblemData
) -> None:
    place = tmp_path / "audit"
    publish(place, released)
    (place / "note.txt").touch()
    (place / "junit.xml").write_bytes(b"")
    with pytest.raises(AuditError) as error:
        require_released(place, **_asked(original, problem))
    assert str(error.value) == (
        f"{place} is not as it was written (changed: junit.xml is not as it was written and 1 more): "
        "restore it from a copy."
    )


def test_an_audit_that_released_nothing(
    tmp_path: Path, trained: Campaign, original: Build, problem: ProblemData
) -> None:
    publish(tmp_path / "audit", audit_of(run_of(trained, problem), None, b"<testsuites/>"))
    with pytest.raises(AuditError) as error:
        require_released(tmp_path / "audit", **_asked(original, problem))
    assert str(error.value) == (
        f"The audit {tmp_path / 'audit'} says 'provisional - not for signature': "
        "give that of a run with --release that released this build."
    )


def test_an_audit_without_a_tau_of_the_build(
    tmp_path: Path, trained: Campaign, original: Build, problem: ProblemData
) -> None:
    run = run_of(trained, problem, for_release=True)
    results = dict(run.results)
    found = results["LC-PQ-05[k2]"]
    assert found.evidence is not None
    evidence = {**found.evidence, "details": {}}
    results["LC-PQ-05[k2]"] = replace(found, evidence=evidence)
    publish(tmp_path / "audit", audit_of(replace(run, results=results), None, b"<testsuites/>"))
    asked = _asked(original, problem)
    with pytest.raises(
        AuditError, match=re.escape(f"states tau none for build {asked['key']}, but its hold-out gives")
    ):
        require_released(tmp_path / "audit", **asked)


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"key": "0" * 32}, f"does not know build {'0' * 32}: give that of the run that released it."),
    ({"manifest": "0" * 64}, "is of another training of build {key}: give that of the run that released this one."),
    ({"epoch": 77}, "released epoch {epoch} of build {key}, not 77: give --epoch={epoch}."),
    ({"tau": 0.5}, "states tau {tau!r} for build {key}, but its hold-out gives 0.5: give that of its own run."),
]


@pytest.mark.parametrize(("other", "sentence"), OTHERS, ids=[next(iter(other)) for other, _ in OTHERS])
def test_an_audit_of_something_else(
    tmp_path: Path,
    released: Mapping[str, bytes],
    original: Build,
    problem: ProblemData,
    other: dict[str, Any],
    sentence: str,
) -> None:
    publish(tmp_path / "audit", released)
    told = sentence.format(**_asked(original, problem))
    with pytest.raises(AuditError) as error:
        require_released(tmp_path / "audit", **_asked(original, problem, **other))
    assert str(error.value) == f"The audit {tmp_path / 'audit'} {told}"


def test_a_rebuild_was_not_released(
    tmp_path: Path, released: Mapping[str, bytes], trained: Campaign, problem: ProblemData
) -> None:
    publish(tmp_path / "audit", released)
    rebuild = trained.build(trained.plan.devices[1], 2, 1)
    with pytest.raises(AuditError) as error:
        require_released(tmp_path / "audit", **_asked(rebuild, problem))
    assert str(error.value) == (
        f"The audit {tmp_path / 'audit'} released another build, of which {rebuild.folder.name} is a rebuild: "
        "release that one."
    )


def test_a_folder_that_is_no_audit(tmp_path: Path, original: Build, problem: ProblemData) -> None:
    with pytest.raises(AuditError, match=rf"^{re.escape(str(tmp_path))} is no audit, its {MANIFEST} is not there"):
        require_released(tmp_path, **_asked(original, problem))


def test_the_evidence_is_that_which_was_verified(
    tmp_path: Path,
    released: Mapping[str, bytes],
    original: Build,
    problem: ProblemData,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between verifying and reading, somebody writes a document that would be believed."""
    place = tmp_path / "audit"
    publish(place, released)
    verify = require_released.__globals__["verify"]

    def changed_meanwhile(folder: Path) -> Any:
        found = verify(folder)
        evidence = json.loads((folder / "evidence.json").read_bytes())
        (folder / "evidence.json").write_text(json.dumps(evidence))
        return found

    monkeypatch.setattr("longcon.audit.release.verify", changed_meanwhile)
    with pytest.raises(AuditError) as error:
        require_released(place, **_asked(original, problem))
    assert str(error.value) == f"{place} was changed while it was read: try again when nothing writes there."
