"""What is measured on builds: parameter dissimilarity, bits, the cut-off, consistency and its exact bounds."""

from longcon.measures.bits import BitDifference, bitwise_difference
from longcon.measures.bounds import cases_needed, interval, upper_bound
from longcon.measures.consistency import ConsistencyTable, calls, conclusive, longitudinal_consistency
from longcon.measures.cutoff import AppliedCutoff, Cutoff, OperatingPoint, find_cutoff, operating_point
from longcon.measures.sine import default_sine_tolerance, vector_sine

__all__ = [
    "AppliedCutoff",
    "BitDifference",
    "ConsistencyTable",
    "Cutoff",
    "OperatingPoint",
    "bitwise_difference",
    "calls",
    "cases_needed",
    "conclusive",
    "default_sine_tolerance",
    "find_cutoff",
    "interval",
    "longitudinal_consistency",
    "operating_point",
    "upper_bound",
    "vector_sine",
]
