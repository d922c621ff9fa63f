"""Device checks: ineffective surrogates are no evidence, and a setting that was not in force is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from longcon.builds import Build, Campaign
from longcon.checks import devices_differ, settings_in_force

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
