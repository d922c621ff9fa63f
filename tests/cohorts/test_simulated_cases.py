from __future__ import annotations

import numpy as np

from longcon.cohorts import gbm_family
from longcon.cohorts.simulated_cases import cholesky, reference_cases

FAMILY = gbm_family()


def test_the_cholesky_factor_gives_back_the_covariance() -> None:
    factor = np.array(cholesky(FAMILY.covariance.tolist()))
    np.testing.assert_allclose(factor @ factor.T, FAMILY.covariance, atol=1e-12)
    assert (np.triu(factor, 1) == 0).all()


def test_purity_has_the_mean_and_spread_of_beta_8_3() -> None:
    purity = np.concatenate([reference_cases(FAMILY, seed).purity for seed in range(20)])
    assert abs(purity.mean() - 8 / 11) < 0.005
    assert abs(purity.var() - 24 / (121 * 12)) < 0.001


def test_latent_coordinates_scatter_as_calibrated() -> None:
    deviations = []
    for seed in range(20):
        cases = reference_cases(FAMILY, seed)
        members = np.array(cases.classes) == "GBM, RTK II"
        deviations.append(cases.latent[:, members])
    covariance = np.cov(np.concatenate(deviations, axis=1))
    scale = FAMILY.variance_scales[FAMILY.classes.index("GBM, RTK II")]
    np.testing.assert_allclose(covariance, scale * FAMILY.covariance, atol=3.5)
