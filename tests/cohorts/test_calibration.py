from __future__ import annotations

from longcon.cohorts import gbm_family


def test_the_calibration_is_of_the_cohorts_on_geo() -> None:
    family = gbm_family()
    assert sum(family.reference_counts) == 347
    assert sum(family.prospective_counts) == 324
    assert sum(family.reference_ffpe_counts) == 193
    assert family.centroids.shape == (7, 12)
    assert family.covariance.shape == (12, 12)
    assert (family.covariance == family.covariance.T).all()
    assert family.difficulty["knn5"] == (0.86, 0.91)
