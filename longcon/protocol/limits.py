"""Acceptance limits, in one place and nowhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass

from longcon.errors import ProtocolError
from longcon.measures import default_sine_tolerance


@dataclass(frozen=True)
class Limits:
    """What a build must meet to be accepted.

    Attributes:
        p: proportion of longitudinal consistency (paper, Section II-B); 1 - p bounds the discrepancy rate.
        confidence: of the exact one-sided upper bound of the discrepancy rate that is held against 1 - p; None to hold
            the point estimate against it.
        sine_tolerance: largest vector sine between builds of two devices.
        holdout_precision: precision that the cut-off must reach on the hold-out.
        residual_threshold: gradient-annihilation residual below which a saddle neighbourhood is near.
    """

    p: float = 0.98
    confidence: float | None = 0.95
    sine_tolerance: float = 2.0**-26  # the root of float64's machine epsilon
    holdout_precision: float = 1.0
    residual_threshold: float = 1e-4

    def __post_init__(self) -> None:
        if not (0 < self.p <= 1):
            raise ProtocolError(f"p is {self.p:g}, but a proportion of consistency lies in (0, 1]: give --p=0.98, say.")
        # Below one half the "upper" bound would lie under the point estimate.
        if self.confidence is not None and not (0.5 <= self.confidence < 1):
            raise ProtocolError(
                f"confidence is {self.confidence:g}, but that of an upper bound lies in [0.5, 1): "
                "give --confidence=0.95, or none for the point estimate."
            )
        if not (math.isfinite(self.sine_tolerance) and 0 < self.sine_tolerance <= 1):
            raise ProtocolError(
                f"sine tolerance is {self.sine_tolerance:g}, but a sine lies in [0, 1]: "
                "give --sine-tolerance a number above 0 and at most 1."
            )
        if not (math.isfinite(self.residual_threshold) and self.residual_threshold > 0):
            raise ProtocolError(
                f"residual threshold is {self.residual_threshold:g}: give --residual-threshold a number above 0."
            )
        if not (0 < self.holdout_precision <= 1):
            raise ProtocolError(
                f"holdout precision is {self.holdout_precision:g}, but a precision lies in (0, 1]: "
                "give a number above 0 and at most 1."
            )


def default_residual_threshold(dtype: str) -> float:
    """Returns the residual that the paper found sufficient for divergence.

    "In 64-bit, the apparent sufficient residual value for divergence is 1e-4" (Figure 2); "Adjusting upward by 1e3 for
    the lower machine epsilon of 32-bit" (Section IV-G).

    Args:
        dtype: ``"float64"`` or ``"float32"``.
    """
    return {"float64": 1e-4, "float32": 1e-1}[dtype]


def default_limits(dtype: str) -> Limits:
    """Returns the limits where nobody has set others: those of round-off follow the precision.

    Args:
        dtype: ``"float64"`` or ``"float32"``.
    """
    return Limits(sine_tolerance=default_sine_tolerance(dtype), residual_threshold=default_residual_threshold(dtype))
