"""The sine: below the tolerance after a few epochs, and a parted build fails with the epoch of its parting."""

from __future__ import annotations

import pytest

from longcon.builds import Campaign
from longcon.checks import sine_below_tolerance, sine_curve, sine_measured
from longcon.errors import BuildError

pytestmark = pytest.mark.slow


def test_a_rebuild_within_the_tolerance(trained: Campaign) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    outcome = sine_below_tolerance(original, rebuild, 5, 1.5e-8)
    assert outcome.ok
    assert outcome.evidence
    assert outcome.measured is not None
    assert 0 < outcome.measured < 1e-12
    assert outcome.message == (
        "k=2 float64 on cpu+order:1, replicate 1 against cpu: "
        f"vector sine {outcome.measured:.2e} at the released epoch 5, tolerance 1.50e-08."
    )


def test_a_rebuild_beyond_the_tolerance_says_since_when(trained: Campaign) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    curve = sine_curve(original, rebuild)
    outcome = sine_below_tolerance(original, rebuild, 5, 1e-300)
    assert not outcome.ok
    assert outcome.message == (
        f"k=2 float64 on cpu+order:1, replicate 1 against cpu: vector sine {curve[5]:.2e} at the released epoch 5 "
        f"exceeds the tolerance 1.00e-300; it first exceeds 1.00e-300 after epoch 0 (0.00e+00), at recorded epoch 1 "
        f"({curve[1]:.2e}). Likely cause: round-off grown in training; try an earlier --release-epoch or another --k."
    )


def test_the_sine_is_reported_where_it_is_not_required(trained: Campaign) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    outcome = sine_measured(original, rebuild, 5, 1e-300)
    assert outcome.ok
    assert outcome.limit is None
    assert "(reported, not required)" in outcome.message


def test_replicates_of_one_device_are_no_evidence_across_devices(trained: Campaign) -> None:
    first, second = (trained.build(trained.original_device, 2, replicate) for replicate in (1, 2))
    assert not sine_below_tolerance(first, second, 5, 1.5e-8).evidence


def test_a_build_is_not_compared_with_itself_nor_at_an_epoch_that_was_not_kept(trained: Campaign) -> None:
    original, rebuild = (trained.build(device, 2, 1) for device in trained.plan.devices)
    with pytest.raises(BuildError, match="was to be compared with itself"):
        sine_curve(original, original)
    with pytest.raises(BuildError) as error:
        sine_below_tolerance(original, rebuild, 3, 1e-8)
    assert str(error.value) == (
        "k=2 float64 on cpu+order:1, replicate 1 keeps no state of the released epoch 3: run again with --fresh."
    )
