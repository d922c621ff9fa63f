"""Whether the measures are right, on cases whose results are known without them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from longcon.checks.outcome import Outcome
from longcon.measures import (
    bitwise_difference,
    find_cutoff,
    fleiss_kappa,
    interval,
    longitudinal_consistency,
    operating_point,
    upper_bound,
    vector_sine,
)

_EXACT, _ROUNDED = 0.0, 1e-12


@dataclass(frozen=True)
class ReferenceCase:
    """A measure on a case whose result is known.

    Attributes:
        name: of measure and case.
        measure: computes it.
        known: its result.
        tolerance: largest absolute difference; 0 where the result is exact.
        source: why the result is known.
    """

    name: str
    measure: Callable[[], float]
    known: float
    tolerance: float
    source: str

    @property
    def fault(self) -> str | None:
        """What is wrong, in a few words; None if nothing is."""
        try:
            found = self.measure()
        except Exception as error:
            return f"{self.name} ended in {type(error).__name__} ({error})"
        if not abs(found - self.known) <= self.tolerance:
            return f"{self.name} is {found!r}, not {self.known!r} ({self.source})"
        return None


def _consistency(what: str) -> float:
    # Four cases at tau 0.5: agreed, discordant, conclusive in one build, conclusive in none.
    first = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.4, 0.3, 0.3]])
    second = np.array([[0.8, 0.2, 0.0], [0.1, 0.9, 0.0], [0.4, 0.3, 0.3], [0.3, 0.4, 0.3]])
    return float(getattr(longitudinal_consistency([first, second], 0.5), what))


def _cutoff() -> tuple[np.ndarray, np.ndarray]:
    return np.array([0.9, 0.8, 0.7, 0.6, 0.2]), np.array([True, True, False, True, False])


def _ulps(steps: int) -> float:
    one = np.ones(3)
    other = one.copy()
    for _ in range(steps):
        other[1] = np.nextafter(other[1], 2)
    difference = bitwise_difference(one, other)
    return 0.0 if difference is None else float(difference.largest_ulp)


REFERENCE_CASES: tuple[ReferenceCase, ...] = (
    ReferenceCase(
        "vector sine of a vector with itself",
        lambda: vector_sine(np.arange(1.0, 9.0), np.arange(1.0, 9.0)),
        0.0,
        _EXACT,
        "definition",
    ),
    ReferenceCase(
        "vector sine of (3, 4) and (4, 3)",
        lambda: vector_sine(np.array([3.0, 4.0]), np.array([4.0, 3.0])),
        0.28,
        _ROUNDED,
        "sqrt(1 - (24/25)^2)",
    ),
    ReferenceCase(
        "vector sine of vectors 1e-14 apart",
        lambda: vector_sine(np.array([1.0, 0.0]), np.array([1.0, 1e-14])) * 1e14,
        1.0,
        _ROUNDED,
        "the angle's own sine, which sqrt(1 - cos^2) cannot see",
    ),
    ReferenceCase("bits that are equal", lambda: _ulps(0), 0.0, _EXACT, "definition"),
    ReferenceCase("bits three units in the last place apart", lambda: _ulps(3), 3.0, _EXACT, "definition"),
    ReferenceCase(
        "bits of 0 and -0",
        lambda: float(bitwise_difference(np.zeros(1), -np.zeros(1)) is not None),
        1.0,
        _EXACT,
        "equal numbers of different bits",
    ),
    ReferenceCase(
        "upper 95% bound of 0 in 149",
        lambda: upper_bound(0, 149, 0.95),
        1 - 0.05 ** (1 / 149),
        _ROUNDED,
        "closed form for no events",
    ),
    ReferenceCase("upper 95% bound of 0 in 0", lambda: upper_bound(0, 0, 0.95), 1.0, _EXACT, "no case, no bound"),
    ReferenceCase(
        "lower end of the 95% interval of 5 in 5",
        lambda: interval(5, 5, 0.95)[0],
        0.025 ** (1 / 5),
        _ROUNDED,
        "closed form for all events",
    ),
    ReferenceCase("discordant cases", lambda: _consistency("discordant"), 1.0, _EXACT, "counted by hand"),
    ReferenceCase("concordant cases", lambda: _consistency("concordant"), 1.0, _EXACT, "counted by hand"),
    ReferenceCase(
        "cases conclusive in some builds", lambda: _consistency("conclusive_in_some"), 1.0, _EXACT, "counted by hand"
    ),
    ReferenceCase(
        "cases conclusive in none", lambda: _consistency("conclusive_in_none"), 1.0, _EXACT, "counted by hand"
    ),
    ReferenceCase("cut-off", lambda: find_cutoff(*_cutoff()).tau, 0.8, _EXACT, "lowest score above every other case"),
    ReferenceCase("recall at the cut-off", lambda: find_cutoff(*_cutoff()).recall, 2 / 3, _ROUNDED, "2 of 3 targets"),
    ReferenceCase(
        "false positives at tau 0.65",
        lambda: float(operating_point(*_cutoff(), 0.65).false_positives),
        1.0,
        _EXACT,
        "counted by hand",
    ),
    ReferenceCase(
        "Fleiss' kappa",
        lambda: fleiss_kappa([np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])]) or math.nan,
        7 / 15,
        _ROUNDED,
        "(0.75 - 17/32) / (1 - 17/32)",
    ),
)


def measures_correct(reference: Sequence[ReferenceCase] = REFERENCE_CASES) -> Outcome:
    """Decides LC-OQ-05: on this machine every measure gives the known result of its reference cases."""
    subject = "measures on reference cases"
    faults = [fault for case in reference if (fault := case.fault)]
    message = f"{subject}: {len(reference) - len(faults)} of {len(reference)} give the known result"
    if faults:
        message += f"; {'; '.join(faults)}. Likely cause: another version of numpy, scipy or longcon than was tested."
    else:
        message += "."
    return Outcome(
        "LC-OQ-05", subject, not faults and bool(reference), len(faults), 0, "wrong results", len(reference), message
    )
