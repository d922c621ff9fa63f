from __future__ import annotations

import numpy as np
import pytest

from longcon.cohorts import gbm_family
from longcon.cohorts.simulated_probes import FFPE_SHIFT_QUANTILES, draw_probes, interpolate

FAMILY = gbm_family()
BLOCKS = [draw_probes(FAMILY, 0, block) for block in range(40)]


def test_interpolation_passes_through_its_points_and_is_constant_beyond() -> None:
    points = FFPE_SHIFT_QUANTILES
    np.testing.assert_allclose(interpolate(points[:, 0], points), points[:, 1], atol=1e-15)
    np.testing.assert_array_equal(interpolate(np.array([-1.0, 2.0]), points), points[[0, -1], 1])
    drawn = np.random.default_rng(0).random(1000)
    np.testing.assert_allclose(interpolate(drawn, points), np.interp(drawn, *points.T), atol=1e-15)


def test_names_are_unique_and_ascending() -> None:
    numbers = np.concatenate([block.numbers for block in BLOCKS])
    assert (np.diff(numbers) > 0).all()


def test_baselines_follow_the_calibrated_quantiles() -> None:
    baseline = np.concatenate([block.baseline for block in BLOCKS])
    np.testing.assert_allclose(np.quantile(baseline, FAMILY.quantiles[:, 0]), FAMILY.quantiles[:, 1], atol=0.025)


def test_an_average_probe_has_the_calibrated_spread() -> None:
    spread = np.concatenate([block.spread for block in BLOCKS])
    assert np.sqrt(np.mean(spread**2)) == pytest.approx(1.0, abs=0.02)


def test_an_axis_has_about_unit_norm_over_the_sources_probes_and_heavy_tails() -> None:
    loadings = np.concatenate([block.loadings for block in BLOCKS], axis=1)
    norms = (loadings**2).sum(axis=1) * FAMILY.source_probes / loadings.shape[1]
    assert norms.mean() == pytest.approx(1.0, abs=0.1)
    assert (loadings**4).mean() / (loadings**2).mean() ** 2 > 9
