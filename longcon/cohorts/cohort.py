"""A cohort: methylation values of cases whose classes are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from longcon.errors import CohortError

_CHUNK_VALUES = 2_000_000


@dataclass(frozen=True, eq=False)
class Cohort:
    """Betas of some probes in some cases, checked when it is made.

    Attributes:
        name: what the cohort is called in reports.
        cases: identifier of each case, unique; on GEO its accession.
        classes: methylation class of each case.
        materials: ``FFPE``, ``frozen``, or what the source calls it, for each case.
        probes: name of each probe, unique.
        betas: float32, (probes, cases), in [0, 1], NaN = missing; read-only. An array that is already read-only,
            float32 and in C order is kept as it is, any other is copied.

    Raises:
        CohortError: shapes do not fit, there are fewer than two cases or no probe, a case or a probe occurs twice, or
            a beta is outside [0, 1].
    """

    name: str
    # Thousands of names and values would bury whatever shows a cohort.
    cases: tuple[str, ...] = field(repr=False)
    classes: tuple[str, ...] = field(repr=False)
    materials: tuple[str, ...] = field(repr=False)
    probes: tuple[str, ...] = field(repr=False)
    betas: NDArray[np.float32] = field(repr=False)

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_unique(self.name, "case", self.cases)
        _check_unique(self.name, "probe", self.probes)
        object.__setattr__(self, "betas", _frozen(self.betas))
        _check_range(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, over cases, classes, probes and the little-endian bytes of the betas.

        Every NaN counts as the same and -0 as 0, so that equal values have equal digests on every machine. Name and
        materials do not take part: they change no build.
        """
        state = hashlib.sha256()
        for words in (self.cases, self.classes, self.probes):
            state.update(len(words).to_bytes(8, "little"))
            for word in words:
                text = word.encode()
                state.update(len(text).to_bytes(8, "little") + text)
        for _, rows in _chunks(self.betas):
            canonical = np.where(np.isnan(rows), np.float32(np.nan), rows + np.float32(0.0))
            state.update(np.ascontiguousarray(canonical, dtype="<f4").data)
        return state.hexdigest()


def _check_shapes(cohort: Cohort) -> None:
    cases = len(cohort.cases)
    if cases < 2:
        raise CohortError(
            f"Cohort '{cohort.name}' has {cases} case(s) where at least 2 are needed; ask for more classes."
        )
    if not cohort.probes:
        raise CohortError(f"Cohort '{cohort.name}' has no probe; give a table with at least one.")
    for what, values in (("classes", cohort.classes), ("materials", cohort.materials)):
        if len(values) != cases:
            raise CohortError(
                f"Cohort '{cohort.name}' has {cases} cases but {len(values)} {what}; give one for each case."
            )
    shape = (len(cohort.probes), cases)
    if cohort.betas.shape != shape:
        raise CohortError(
            f"Cohort '{cohort.name}' has betas of shape {cohort.betas.shape} where its {shape[0]} probes and {cases} "
            f"cases need {shape}; give one row per probe and one column per case."
        )


def _check_unique(name: str, what: str, words: Sequence[str]) -> None:
    if len(set(words)) == len(words):
        return
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise CohortError(f"Cohort '{name}' has the {what} {word} twice; remove one of them.")
        seen.add(word)


def _frozen(betas: NDArray[np.float32]) -> NDArray[np.float32]:
    if betas.dtype == np.float32 and betas.flags.c_contiguous and not betas.flags.writeable:
        return betas
    # A read-only view of an array that its owner can still write to would not be frozen, hence the copy.
    with np.errstate(over="ignore"):
        copy = np.array(betas, dtype=np.float32, order="C")
    copy.flags.writeable = False
    return copy


def _check_range(cohort: Cohort) -> None:
    for start, rows in _chunks(cohort.betas):
        outside = ~((rows >= 0.0) & (rows <= 1.0)) & ~np.isnan(rows)
        if outside.any():
            row, column = (int(index[0]) for index in np.nonzero(outside))
            raise CohortError(
                f"Cohort '{cohort.name}', probe {cohort.probes[start + row]}, case {cohort.cases[column]}: "
                f"{rows[row, column]:g} is no beta value; give values from 0 to 1, or NaN for a missing one."
            )


def _chunks(betas: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    # Temporary arrays of a whole matrix of gigabytes would double the memory it needs.
    step = max(1, _CHUNK_VALUES // betas.shape[1])
    for start in range(0, betas.shape[0], step):
        yield start, betas[start : start + step]
