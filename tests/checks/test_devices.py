"""Device checks: ineffective surrogates are no evidence, and a setting that was not in force is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from longcon.builds import Build, Campaign
from longcon.checks import branch_asked_for, devices_differ, settings_effective, settings_in_force

CPU = {"device": "cpu", "numeric_class": "a"}
SAME = {"device": "cpu+isa:avx2", "numeric_class": "a"}
OTHER = {"device": "cpu+order:1", "numeric_class": "b"}
CASES = [
    ([OTHER], True, "k=2, devices beside cpu: cpu+order:1 compute otherwise in at least one probe."),
    (
        [OTHER, SAME],
        True,
        "k=2, devices beside cpu: cpu+order:1 compute otherwise in at least one probe. "
        "Ineffective, and so no evidence: cpu+isa:avx2.",
    ),
    (
        [SAME],
        False,
        "k=2, devices beside cpu: cpu+isa:avx2 change no bit of any probe on this machine, so nothing was compared; "
        "give a second --device or other surrogates, such as --surrogate=order:1.",
    ),
    (
        [],
        False,
        "k=2, devices beside cpu: there is none, so nothing was compared; give a second --device or a --surrogate.",
    ),
]


@pytest.mark.parametrize(("others", "ok", "message"), CASES)
def test_devices_must_differ(others: list[dict[str, object]], ok: bool, message: str) -> None:
    outcome = devices_differ(2, CPU, others)
    assert (outcome.ok, outcome.message) == (ok, message)


@pytest.mark.slow
def test_a_setting_that_was_not_in_force_is_named(trained: Campaign) -> None:
    build = trained.build(trained.original_device, 2, 1)
    assert settings_in_force(build).ok
    settings = {**build.manifest["settings"], "tf32_matmul": True}
    doctored: Build = replace(build, manifest={**build.manifest, "settings": settings})
    outcome = settings_in_force(doctored)
    assert not outcome.ok
    assert outcome.message == (
        "k=2 float64 on cpu, replicate 1: tf32_matmul was True, not False; "
        "retrain with --fresh where nothing overrides these settings."
    )


def _fingerprint(name: str, numeric: str, /, **fields: object) -> dict[str, object]:
    effects = {"deterministic_algorithms": True, "full_float32_products": True, "cpu_capability": "AVX2"}
    found = {"device": name, "numeric_class": numeric, "effects": effects, "environment": {}}
    return {**found, **fields}


ORIGINAL, COMPATIBLE = _fingerprint("cpu", "a"), _fingerprint("cpu+mkl:COMPATIBLE", "c")
EVERY = "every setting was seen to do what it says."
LACKS = "; likely cause: this processor or build of PyTorch lacks it; name a device or surrogate it has."
EFFECTS: list[tuple[dict[str, object], bool, bool, str]] = [
    (ORIGINAL, True, True, f"cpu: {EVERY}"),
    (_fingerprint("cpu+order:1", "b"), True, True, f"cpu+order:1: {EVERY}"),
    (_fingerprint("cpu+order:1", "a"), True, False, f"cpu+order:1: {EVERY}"),
    (
        _fingerprint("cpu+mkl:AVX2", "c", environment={"MKL_CBWR": "AVX2"}),
        False,
        True,
        f"cpu+mkl:AVX2: MKL_CBWR=AVX2 was ignored, all probes have the bits of MKL_CBWR=COMPATIBLE{LACKS}",
    ),
    (
        _fingerprint("cpu", "c", environment={"MKL_CBWR": "AVX2,STRICT"}),
        False,
        True,
        f"cpu: MKL_CBWR=AVX2,STRICT was ignored, all probes have the bits of MKL_CBWR=COMPATIBLE{LACKS}",
    ),
    (_fingerprint("cpu+mkl:AVX2", "d", environment={"MKL_CBWR": "AVX2"}), True, True, f"cpu+mkl:AVX2: {EVERY}"),
    (
        _fingerprint("cpu+mkl:COMPATIBLE", "c", environment={"MKL_CBWR": "COMPATIBLE"}),
        True,
        True,
        f"cpu+mkl:COMPATIBLE: {EVERY}",
    ),
    (
        _fingerprint("cpu+isa:avx512", "b", environment={"ATEN_CPU_CAPABILITY": "avx512"}),
        False,
        True,
        f"cpu+isa:avx512: ATEN_CPU_CAPABILITY=avx512 was ignored, PyTorch's kernels are those of AVX2{LACKS}",
    ),
    (
        _fingerprint("cpu", "a", effects={"deterministic_algorithms": False, "full_float32_products": False}),
        False,
        True,
        "cpu: deterministic algorithms are switched on, yet uninitialised memory was not filled; full float32 products "
        f"were asked for, yet a product was rounded to fewer bits{LACKS}",
    ),
]


@pytest.mark.parametrize(
    ("fingerprint", "ok", "evidence", "message"), EFFECTS, ids=[f"{n}" for n, _ in enumerate(EFFECTS)]
)
def test_settings_must_have_their_effect(
    fingerprint: dict[str, object], ok: bool, evidence: bool, message: str
) -> None:
    for of_builds in ([fingerprint], [fingerprint, fingerprint]):
        outcome = settings_effective(of_builds, ORIGINAL, COMPATIBLE)
        assert (outcome.ok, outcome.evidence, outcome.message) == (ok, evidence, message)
    assert outcome.requirement == "LC-IQ-04"


def test_a_setting_that_one_replicate_lost_is_found() -> None:
    lost = {**ORIGINAL["effects"], "deterministic_algorithms": False}  # type: ignore[dict-item]
    outcome = settings_effective([ORIGINAL, _fingerprint("cpu", "a", effects=lost)], ORIGINAL, None)
    assert (outcome.ok, outcome.measured) == (False, 1)


@pytest.mark.parametrize(
    ("value", "asked"), [("AVX2", "AVX2"), ("auto", None), ("COMPATIBLE", None), ("", None), ("FOO", "FOO")]
)
def test_a_branch_that_may_be_ignored(value: str, asked: str | None) -> None:
    assert branch_asked_for({"environment": {"MKL_CBWR": value}}) == asked
