"""Exact binomial bounds: what so many discrepancies in so many cases prove. Zero in n is not zero.

Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial". The bounds
are quantiles of a beta distribution; taken so they keep their relative precision for the smallest rates, where a search
for the root of the binomial distribution (scipy's ``binomtest``) stops 2e-12 short.
"""

from __future__ import annotations

import math

from longcon.errors import LongconError, ProtocolError


def upper_bound(events: int, trials: int, confidence: float) -> float:
    """Returns the exact one-sided upper bound of an event's rate: the rate at which P(X <= events) = 1 - confidence.

    Args:
        events: how often it happened, e.g. discrepancies.
        trials: how often it could have, e.g. reportable cases; none prove nothing, so the bound is then 1.
        confidence: in (0, 1), e.g. 0.95.

    Raises:
        LongconError: events is not between 0 and trials.
        ProtocolError: confidence is not between 0 and 1.
    """
    _require_counts(events, trials)
    _require_confidence(confidence)
    return _upper(events, trials, confidence)


def interval(events: int, trials: int, confidence: float) -> tuple[float, float]:
    """Returns the exact two-sided interval of an event's rate, with half of 1 - confidence outside on either side.

    Args:
        events: how often it happened.
        trials: how often it could have; none give the interval from 0 to 1.
        confidence: in (0, 1), e.g. 0.95.

    Raises:
        LongconError: events is not between 0 and trials.
        ProtocolError: confidence is not between 0 and 1.
    """
    _require_counts(events, trials)
    _require_confidence(confidence)
    one_sided = 0.5 * (1.0 + confidence)
    from scipy.special import betainccinv  # noqa: PLC0415 - as below

    # The complemented inverse, since 1 - one_sided would be rounded.
    lower = 0.0 if events == 0 else float(betainccinv(events, trials - events + 1, one_sided))
    return lower, _upper(events, trials, one_sided)


def cases_needed(rate: float, confidence: float) -> int:
    """Returns the fewest cases of which none may show the event, for the one-sided upper bound to be at most ``rate``.

    From (1 - rate)^n <= 1 - confidence. For 95 % confidence: 59 cases for 5 %, 299 for 1 %, 2,995 for 0.1 %.

    Args:
        rate: the discrepancy rate to exclude, in (0, 1).
        confidence: in (0, 1), e.g. 0.95.

    Raises:
        ProtocolError: rate or confidence is not between 0 and 1.
    """
    _require_confidence(confidence)
    if not 0.0 < rate < 1.0:
        raise ProtocolError(
            f"No number of cases can show a discrepancy rate of at most {rate!r} with confidence: "
            "ask for a rate above 0 and below 1."
        )
    # Rounded logarithms may miss an exact boundary either way, but their floor is the answer or one short of it: the
    # bound that the gate uses decides.
    cases = math.floor(math.log1p(-confidence) / math.log1p(-rate))
    return cases if _upper(0, cases, confidence) <= rate else cases + 1


def _upper(events: int, trials: int, confidence: float) -> float:
    # Imported where it is used: processes that train do not wait for it.
    from scipy.special import betaincinv  # noqa: PLC0415

    return 1.0 if events == trials else float(betaincinv(float(events + 1), float(trials - events), confidence))


def _require_counts(events: int, trials: int) -> None:
    if not 0 <= events <= trials:
        raise LongconError(
            f"A rate of {events} events in {trials} trials has no bound: count from 0 to as many events as trials."
        )


def _require_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise ProtocolError(
            f"A confidence of {confidence!r} has no exact bound: set one above 0 and below 1, e.g. 0.95."
        )
