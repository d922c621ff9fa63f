"""Builds that are another one's: copies, and the first device's under another name."""

from __future__ import annotations

from longcon.builds import Build
from longcon.checks import (
    agreement_measured,
    portable_builds_identical,
    rebuild_agrees,
    replicates_identical,
    sine_below_tolerance,
)
from longcon.protocol import Limits
from tests.planted.bench import ORDER, Bench, altered, passed_off
from tests.planted.defect import Defect, Found, decided

REPLICATES = "k=2 float64 on cpu, replicate 1 against replicate 2"
REBUILD = "k=2 float64 on cpu+order:1, replicate 1 against cpu"
_START = "state-0000.safetensors"


def _copy_of_the_first(bench: Bench) -> Found:
    second = passed_off(bench.true(), bench.copy(replicate=2))
    return decided("LC-OQ-02", lambda: replicates_identical(bench.true(), second))


def _copy_with_other_files_of_its_own(bench: Bench) -> Found:
    rebuild = passed_off(bench.true(), bench.copy(ORDER), started="2026-01-01T00:00:00.000+00:00", run="another")
    return decided(
        "LC-PQ-01", lambda: sine_below_tolerance(bench.true(), rebuild, bench.epoch, Limits().sine_tolerance)
    )


def _first_device_under_another_name(bench: Bench) -> Found:
    rebuild = passed_off(bench.true(), bench.copy(ORDER), seconds=1.25)
    return decided(
        "LC-PQ-03", lambda: rebuild_agrees(bench.true(), rebuild, bench.epoch, bench.tau, bench.data, Limits())
    )


def _with_itself(bench: Bench) -> Found:
    pair = [bench.true(), bench.true()]
    return decided("LC-PQ-09", lambda: agreement_measured(pair, bench.epoch, bench.tau, bench.data))


def _native_in_place_of_portable(bench: Bench) -> Found:
    def portable(build: Build) -> Build:
        return altered(build, manifest=lambda told: told["request"]["recipe"].update(arithmetic="portable"))

    original, rebuild = portable(bench.copy()), portable(bench.copy(ORDER))
    return decided("LC-OQ-03", lambda: portable_builds_identical(original, rebuild))


DEFECTS = (
    Defect(
        "a replicate that is a copy of the first file",
        "replicate 2: the files and the manifest of replicate 1, with the other number",
        _copy_of_the_first,
        "LC-OQ-02",
        "k=2 float64 on cpu, replicate 2 is a copy of k=2 float64 on cpu, replicate 1: both say that their training "
        "took {number} s, to the last digit; run again with --fresh.",
    ),
    Defect(
        "a rebuild that is a copy of the original",
        "the rebuild's folder: the original's files, with another start and run in the manifest",
        _copy_with_other_files_of_its_own,
        "LC-PQ-01",
        "k=2 float64 on cpu+order:1, replicate 1 is a copy of k=2 float64 on cpu, replicate 1: both say that their "
        "training took {number} s, to the last digit; run again with --fresh.",
    ),
    Defect(
        "a device that lies",
        "the rebuild: trained by the first device under another one's name and fingerprint",
        _first_device_under_another_name,
        "LC-PQ-03",
        f"ineffective: {REBUILD} changes no bit of the arithmetic, so it shows nothing",
    ),
    Defect(
        "native builds in place of portable ones",
        "both requests: arithmetic portable",
        _native_in_place_of_portable,
        "LC-OQ-03",
        "k=2 float64 portable on cpu+order:1, replicate 1 against cpu: states differ at epoch 0 in the holdout scores: "
        "{number} of 609 values differ, first at ({number}, {number}): {number} against {number} (largest "
        "difference: {number} ulp); "
        "likely cause: an operation that this device does not round as IEEE 754 asks, or other code; "
        "run longcon's tests there.",
    ),
    Defect(
        "a build compared with itself",
        "the builds of a comparison: the original twice",
        _with_itself,
        "LC-PQ-09",
        "Build {key} was to be compared with itself: compare different builds.",
    ),
)
