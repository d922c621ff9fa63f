"""Cohorts: GEO's files or simulated ones, read into betas, split, selected, imputed and turned into M-values."""

from longcon.cohorts.calibration import Calibration, gbm_family
from longcon.cohorts.cohort import Cohort
from longcon.cohorts.features import select_features
from longcon.cohorts.geo import CohortSource, geo_sources, read_cohort
from longcon.cohorts.imputation import impute, training_medians
from longcon.cohorts.matching import check_same_probes
from longcon.cohorts.mvalues import MValues, m_values
from longcon.cohorts.simulator import simulate
from longcon.cohorts.split import Split, stratified_split
from longcon.cohorts.table import Table, read_table

__all__ = [
    "Calibration",
    "Cohort",
    "CohortSource",
    "MValues",
    "Split",
    "Table",
    "check_same_probes",
    "gbm_family",
    "geo_sources",
    "impute",
    "m_values",
    "read_cohort",
    "read_table",
    "select_features",
    "simulate",
    "stratified_split",
    "training_medians",
]
