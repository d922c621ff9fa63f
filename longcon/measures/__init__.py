"""What is measured on builds: parameter dissimilarity, bits, the cut-off, consistency and its exact bounds."""

from longcon.measures.agreement import (
    INCONCLUSIVE,
    Share,
    fleiss_kappa,
    negative_agreement,
    positive_agreement,
    reported_calls,
    share,
)
from longcon.measures.bits import BitDifference, bitwise_difference
from longcon.measures.bounds import cases_needed, interval, upper_bound
from longcon.measures.consistency import ConsistencyTable, calls, conclusive, longitudinal_consistency
from longcon.measures.cutoff import AppliedCutoff, Cutoff, OperatingPoint, find_cutoff, operating_point
from longcon.measures.sine import default_sine_tolerance, vector_sine

__all__ = [
    "INCONCLUSIVE",
    "AppliedCutoff",
    "BitDifference",
    "ConsistencyTable",
    "Cutoff",
    "OperatingPoint",
    "Share",
    "bitwise_difference",
    "calls",
    "cases_needed",
    "conclusive",
    "default_sine_tolerance",
    "find_cutoff",
    "fleiss_kappa",
    "interval",
    "longitudinal_consistency",
    "negative_agreement",
    "operating_point",
    "positive_agreement",
    "reported_calls",
    "share",
    "upper_bound",
    "vector_sine",
]
