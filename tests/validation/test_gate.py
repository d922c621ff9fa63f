"""The gate end to end: a pass with evidence, a fail with its reasons, and no pass without evidence."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest
import torch

from longcon.builds import read_build
from tests.checks.test_identity import planted
from tests.small_store import copied
from tests.validation.conftest import ONE_SURROGATE, ROOT, SMALL, Validate

pytestmark = pytest.mark.slow
ALL = 42  # cases of a run with one k and the four default devices of a CPU
DEFAULTS = ("--surrogate=isa:default", "--surrogate=mkl:COMPATIBLE", "--surrogate=order:1")


def test_a_run_trains_caches_and_passes(validate: Validate, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = validate(*DEFAULTS, store=store)
    assert first.code == 0, first.output
    assert first.verdict == f"verdict: PASS: k = 2: {ALL} of {ALL} checks passed; every gating requirement is met."
    manifests = {path: path.stat().st_mtime_ns for path in store.glob("builds/*/manifest.json")}
    assert len(manifests) == 12  # four of them resumed
    second = validate(*DEFAULTS, store=store)
    assert second.code == 0, second.output
    assert "longcon: all 8 builds were in the store" in second.output
    assert {path: path.stat().st_mtime_ns for path in store.glob("builds/*/manifest.json")} == manifests


def test_the_report_has_the_verdict_on_top_without_script(validate: Validate) -> None:
    report = validate().report
    verdict = report.index('<span id="verdict-sentence">PASS: k = 2: ')
    assert report.index("<h1") < verdict < report.index("<nav") < report.index("data-jsonblob")
    assert "A rebuild on another device makes the same calls." in report
    assert "discrepancy rate" in report


def test_workers_share_builds(validate: Validate, tmp_path: Path) -> None:
    store = tmp_path / "store"
    run = validate("-n", "2", store=store)
    assert run.code == 0, run.output
    assert run.verdict.startswith("verdict: PASS")
    runs = {json.loads(path.read_text())["run"] for path in store.glob("builds/*/manifest.json")}
    assert len(runs) == 1
    assert len(list(store.glob("runs/*/trained-*"))) == 6


def test_a_discrepancy_above_the_limit_fails_and_is_listed(
    validate: Validate, small_store: Path, tmp_path: Path
) -> None:
    # p = 1 on the upper bound cannot be met by any number of cases.
    run = validate("--p=1")
    assert run.code == 1
    assert run.verdict.startswith("verdict: FAIL: k = 2: 20 of 22 checks passed; failed: LC-PQ-03 (1), LC-PQ-04 (1)")
    assert "the upper bound may be at most 0%" in run.output
    test = "pq/test_performance.py::test_rebuild_makes_the_same_calls[cpu+order:1-k2]"
    where = os.path.relpath(ROOT / "validation", tmp_path)
    options = [*SMALL, f"--store={small_store}", ONE_SURROGATE, "--p=1"]
    assert f"repeat: {shlex.join(['pytest', f'{where}/{test}', *options])}\n" in run.output


def test_k_1_reports_the_sine_without_requiring_it(validate: Validate) -> None:
    run = validate("--k=1", "--sine-tolerance=1e-300", "--release-epoch=last")
    assert run.code == 0, run.output
    assert "LC-PQ-02[cpu+order:1-k1]" in run.output
    assert "at the released epoch 6 (reported, not required)" in run.output
    assert "LC-PQ-01" not in run.output
    assert run.verdict == (
        "verdict: PASS: k = 1: 21 of 22 checks passed, 1 advisory, not met; every gating requirement is met."
    )
    assert "LC-PQ-06[cpu+order:1-k1]: advisory, not met: k=1 float64 on cpu+order:1, replicate 1 against cpu: " in (
        run.output
    )


def test_an_advisory_requirement_gates_where_the_run_requires_it(validate: Validate) -> None:
    run = validate("--k=1", "--sine-tolerance=1e-300", "--release-epoch=last", "--require=LC-PQ-06")
    assert run.code == 1
    assert run.verdict == "verdict: FAIL: k = 1: 21 of 22 checks passed; failed: LC-PQ-06 (1)."


def test_the_curvature_is_judged_where_it_was_recorded(validate: Validate) -> None:
    run = validate("--curvature-every=90", "--residual-threshold=1e-9")
    assert run.code == 0, run.output
    assert run.verdict.startswith("verdict: PASS: k = 2: 2")
    assert (
        "LC-PQ-07[k2]: k=2 float64 on cpu, replicate 1: residual below 1.0e-09 at 0 of 9 recorded steps" in run.output
    )
    assert "LC-PQ-08[k2]: " in run.output


def test_portable_arithmetic_has_the_same_bits_on_every_device(validate: Validate) -> None:
    run = validate("--arithmetic=portable", "--k=1", "--surrogate=isa:default", "--surrogate=mkl:COMPATIBLE")
    assert run.code == 0, run.output
    assert run.verdict == "verdict: PASS: k = 1: 34 of 34 checks passed; every gating requirement is met."
    assert (
        run.output.count("are identical in every bit at each of") == 10
    )  # 2 initial, 3 replicates, 2 portable, 3 resumed
    assert "LC-OQ-03[cpu+mkl:COMPATIBLE-k1]: k=1 float64 portable on cpu+mkl:COMPATIBLE" in run.output


def test_another_order_of_portable_sums_is_no_other_device(validate: Validate) -> None:
    run = validate("--arithmetic=portable", "--surrogate=order:1")
    assert run.code == 1
    assert "k=2, devices beside cpu: there is none, so nothing was compared" in run.output
    assert "so cpu+order:1 is another computation and no other device." in run.output
    assert "LC-PQ-02[cpu+order:1-k2]" in run.output
    assert "LC-OQ-03" not in run.output
    assert "LC-PQ-03" not in run.output


def test_an_ineffective_surrogate_is_no_evidence(validate: Validate) -> None:
    native = torch.backends.cpu.get_cpu_capability().lower()
    alone = validate(f"--surrogate=isa:{native}")
    assert alone.code == 1
    assert "change no bit of any probe on this machine" in alone.output
    assert alone.verdict.startswith("verdict: FAIL")
    beside = validate(f"--surrogate=isa:{native}", "--surrogate=order:1")
    assert beside.code == 0, beside.output
    assert beside.verdict == (
        "verdict: PASS: k = 2: 27 of 32 checks passed, 5 shown ineffective; every gating requirement is met."
    )


def test_listing_tests_decides_nothing_and_leaves_the_report(validate: Validate) -> None:
    before = validate().report
    run = validate("--collect-only")
    assert "Tests were listed and nothing was decided." in run.output
    assert run.report == before


def test_a_link_to_the_checkout_is_the_checkout(validate: Validate, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT)
    run = validate(target=str(tmp_path / "link" / "validation"))
    assert run.code == 0, run.output


def test_a_file_in_the_working_directory_is_no_module(validate: Validate, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('not me')")
    run = validate("--cohort-seed=3", "--p=0.5")
    assert run.verdict.startswith("verdict: PASS"), run.output


NO_EVIDENCE = [
    ("-k", "not sine"),
    ("-m", "not slow", "--deselect", "validation/oq"),
    ("-p", "no:randomly", "-k", "nothing_has_this_name"),
    ("--surrogate=none",),
]


@pytest.mark.parametrize("options", NO_EVIDENCE, ids=" ".join)
def test_what_was_not_decided_is_not_passed(validate: Validate, options: tuple[str, ...]) -> None:
    run = validate(*options)
    assert run.code == 1
    assert "PASS" not in run.verdict


def test_one_ulp_planted_behind_a_resealed_manifest_is_caught(
    validate: Validate, small_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "copy"
    copied(small_store, store)
    for folder in store.glob("builds/*"):
        build = read_build(folder, folder.name)
        if (build.device, build.replicate) == ("cpu", 2):
            planted(build, 4)
    run = validate(store=store)
    assert run.code == 1
    assert "failed: LC-OQ-02 (1)" in run.verdict
    assert "states differ at epoch 4 in 0.weight: 1 of 38,400 values differ, first at (3, 7)" in run.output


def test_one_ulp_planted_in_a_file_is_caught(validate: Validate, small_store: Path, tmp_path: Path) -> None:
    store = tmp_path / "copy"
    copied(small_store, store)
    for victim in store.glob("builds/*/state-0004.safetensors"):
        content = bytearray(victim.read_bytes())
        content[-1] ^= 1
        victim.write_bytes(content)
    run = validate(store=store)
    assert run.code == 4
    assert run.error.startswith(f"Build {store}/builds/")
    assert run.error.endswith(
        " was altered: the bytes of state-0004.safetensors are not those of its manifest; "
        "restore it from a copy, or delete it or give --fresh to retrain."
    )
    assert "Traceback" not in run.output


def test_fresh_trains_again(validate: Validate, small_store: Path, tmp_path: Path) -> None:
    store = tmp_path / "copy"  # what the tests share is trained once
    copied(small_store, store)
    before = {path: path.stat().st_mtime_ns for path in store.glob("builds/*/manifest.json")}
    run = validate("--fresh", store=store)
    assert run.code == 0, run.output
    after = {path: path.stat().st_mtime_ns for path in store.glob("builds/*/manifest.json")}
    assert sum(before[path] != after[path] for path in before) == 6


def test_the_released_epoch_can_be_named(validate: Validate) -> None:
    run = validate("--release-epoch=3")
    assert run.code in (0, 1)
    assert "at the released epoch 3" in run.output
