"""Builds of two machines validated together, and a rebuild of a released reference, as a laboratory would run them.

The other machine is this one with other kernels of PyTorch in all its processes, which make its ``cpu`` another device.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longcon.__main__ import main
from tests.pytest_process import PytestProcess
from tests.small_store import ONE_SURROGATE, ROOT, SMALL, Run, copied

pytestmark = pytest.mark.slow

OTHER = {"ATEN_CPU_CAPABILITY": "default"}
# Whatever epoch is best on either machine, both keep this one.
FIXED = (*SMALL, "--release-epoch=4")


def _run(
    process: PytestProcess, place: Path, store: Path, *options: str, environment: dict[str, str] | None = None
) -> Run:
    place.mkdir(exist_ok=True)
    given = [str(ROOT / "validation"), *FIXED, f"--store={store}", *options]
    code, output = process.run(place, given, environment)
    return Run(code, output, "")


def _evidence(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "audit" / "evidence.json").read_text())
    return found


def _original(store: Path) -> str:
    for folder in (store / "builds").iterdir():
        request = json.loads((folder / "manifest.json").read_text())["request"]
        if (request["device"], request["replicate"], request["killed_after"]) == ("cpu", 1, 0):
            return folder.name
    raise AssertionError("no original")


@pytest.fixture(scope="module")
def site_b(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what another machine validated, its store, and the archive that it sent."""
    place = tmp_path_factory.mktemp("site-b")
    # A process of its own: what PyTorch chose its kernels by is read once.
    process = PytestProcess(environment=OTHER)
    run = _run(process, place, place / "store", ONE_SURROGATE)
    process.close()
    assert run.code == 0, run.output
    assert main(["export", "all", str(place / "site-b.tar"), f"--store={place / 'store'}"]) == 0
    return place


def test_builds_of_two_machines_are_validated_together(
    process: PytestProcess, tmp_path: Path, small_store: Path, site_b: Path
) -> None:
    store = copied(small_store, tmp_path / "store")
    assert main(["import", str(site_b / "site-b.tar"), f"--store={store}"]) == 0
    run = _run(process, tmp_path, store, "--device=cpu", "--device=imported", "--surrogate=none")
    assert run.code == 0, run.output
    evidence = _evidence(tmp_path)
    assert [device["name"] for device in evidence["devices"]] == ["cpu", "cpu@site-b", "cpu+order:1@site-b"]
    classes = [device["fingerprints"][0]["numeric_class"] for device in evidence["devices"]]
    assert len(set(classes)) == 3
    decided = {case["key"]: case["outcome"] for case in evidence["cases"]}
    for requirement in ("LC-PQ-01", "LC-PQ-03"):
        assert decided[f"{requirement}[cpu@site-b-k2]"] == "met"
    assert decided["LC-OQ-02[cpu@site-b-k2]"] == decided["LC-OQ-04[cpu@site-b-k2]"] == "met"
    assert {
        "what": "How cpu@site-b trains.",
        "why": "Its builds were imported: settings, fingerprint and times are what they say of themselves.",
    } in evidence["not_tested"]
    assert {build["origin"] for build in evidence["builds"]} == {"", "site-b"}
    assert main(["verify", str(tmp_path / "audit")]) == 0


def test_imported_builds_alone_are_validated_without_training(
    process: PytestProcess, tmp_path: Path, site_b: Path
) -> None:
    store = tmp_path / "store"
    assert main(["import", str(site_b / "site-b.tar"), f"--store={store}", "--site=elsewhere"]) == 0
    before = sorted((store / "builds").iterdir())
    run = _run(process, tmp_path, store, "--device=imported")
    assert run.code == 0, run.output
    assert "longcon devices: cpu@elsewhere, cpu+order:1@elsewhere" in run.output
    assert sorted((store / "builds").iterdir()) == before


def test_a_rebuild_is_validated_against_a_released_reference(
    process: PytestProcess, tmp_path: Path, site_b: Path
) -> None:
    """The rebuild is judged at the reference's epoch and its tau, on another machine than the reference's."""
    key = _original(site_b / "store")
    assert main(["export", key[:8], str(tmp_path / "site-b.tar"), f"--store={site_b / 'store'}"]) == 0
    store = tmp_path / "store"
    assert main(["import", str(tmp_path / "site-b.tar"), f"--store={store}"]) == 0
    assert main(["release", key[:8], f"--store={store}", "--epoch=4"]) == 0
    run = _run(process, tmp_path, store, f"--reference={key[:8]}", ONE_SURROGATE)
    assert run.code == 0, run.output
    assert f"longcon reference: {key}, epoch 4, tau " in run.output
    evidence = _evidence(tmp_path)
    assert [device["name"] for device in evidence["devices"]] == ["cpu@reference", "cpu", "cpu+order:1"]
    reference = evidence["settings"]["reference"]
    assert (reference["key"], reference["epoch"]) == (key, 4)
    taus = {case["details"]["tau"] for case in evidence["cases"] if "tau" in case["details"]}
    assert taus == {reference["tau"]}
    assert not {case["key"] for case in evidence["cases"]} & {
        "LC-OQ-02[cpu@reference-k2]",
        "LC-OQ-04[cpu@reference-k2]",
    }
    assert (
        f"the reference {key} was marked without an audit, so nothing shows that it may be relied on: release it by "
        "python -m longcon release BUILD --audit=FOLDER."
    ) in evidence["decision"]["objections"]


def test_a_rebuild_on_the_same_hardware_is_trained_anew(
    process: PytestProcess, tmp_path: Path, small_store: Path
) -> None:
    """A reference is never compared with itself."""
    store = copied(small_store, tmp_path / "store")
    key = _original(store)
    assert main(["release", key, f"--store={store}", "--epoch=4"]) == 0
    run = _run(process, tmp_path, store, f"--reference={key}", ONE_SURROGATE)
    assert run.code == 0, run.output
    builds = {build["device"]: build for build in _evidence(tmp_path)["builds"] if build["replicate"] == 1}
    assert builds["cpu@reference"]["key"] == key
    assert builds["cpu"]["key"] != key
    assert (
        builds["cpu"]["files"]["state-0004.safetensors"] == builds["cpu@reference"]["files"]["state-0004.safetensors"]
    )


MISTAKES = [
    (("--device=imported",), "No build was imported into this store: run python -m longcon import FILE first."),
    (("--reference=",), "--reference is empty, as an unset variable leaves it: give a build or leave it out."),
    (("--reference=xyz",), "Build 'xyz' is too short to tell builds apart: give 4 letters of its key or more."),
    (
        ("--reference={key}",),
        "Build {key} (k=2 float64 on cpu@reference, replicate 1) is no reference: mark it, python -m longcon release "
        "{key}.",
    ),
    (("--reference={key}", "--k=2", "--k=4"), "k is 2, 4, but the reference is one build: give --k=2 alone."),
    (
        ("--reference={key}", "--seed=1"),
        "The reference {key} (k=2 float64 on cpu@reference, replicate 1) is of another seed (0, not 1): give the "
        "options or the protocol that it was trained with.",
    ),
    (
        ("--reference={key}", "--cohort-seed=1"),
        "The reference {key} (k=2 float64 on cpu@reference, replicate 1) is of other data: give the options or the "
        "protocol that it was trained with.",
    ),
]


@pytest.mark.parametrize(("options", "sentence"), MISTAKES, ids=[" ".join(options) for options, _ in MISTAKES])
def test_a_mistake_is_one_sentence(
    process: PytestProcess, tmp_path: Path, small_store: Path, options: tuple[str, ...], sentence: str
) -> None:
    store = copied(small_store, tmp_path / "store")
    key = _original(store)
    run = _run(process, tmp_path, store, *(option.format(key=key) for option in options))
    assert (run.code, run.error) == (4, sentence.format(key=key))
    assert "Traceback" not in run.output
