"""The rows of a table as they come in: names are checked, values are kept once and found finite."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longcon.cohorts.table_columns import shown
from longcon.errors import CohortError

_CHUNK_VALUES = 2_000_000
_LONGEST_NAME = 1000
# What Python spends on a short string and its places in a tuple and a dictionary, about.
_NAME_BYTES = 150


class Rows:
    """Collects cases: identifiers, labels and a row of values each.

    The values grow in place: the C library moves pages, not bytes, so that the peak is the matrix and an eighth of it.

    Args:
        source: the file's name, for messages.
        features: names of the columns of values.
        label: name of the column of classes, or None without classes.
        most_bytes: most bytes that values and names may take.
    """

    def __init__(self, source: str, features: tuple[str, ...], label: str | None, most_bytes: int) -> None:
        self.features = features
        self.values: NDArray[np.float64] = np.empty((0, len(features)), dtype=np.float64)
        self._source = source
        self._label = label
        self._most_bytes = most_bytes
        self._name_bytes = 0
        self._cases: dict[str, None] = {}
        self._labels: list[str] = []
        self._distinct: dict[str, str] = {}

    def add(self, cases: Sequence[str | None], labels: Sequence[str | None] | None) -> slice:
        """Adds cases at the end and returns their rows of ``values``, which the caller fills, then checks.

        A view of ``values`` must not be kept across calls: the matrix may move.

        Raises:
            CohortError: an identifier or label is empty or too long, an identifier occurs twice, or the table is
                larger than allowed.
        """
        start = len(self._cases)
        self.check_size(start + len(cases))
        for case in cases:
            self._add_case(case)
        if labels is not None:
            # The cases of this block are the last ones in the dictionary's order.
            for case, label in zip(cases, labels, strict=True):
                self._add_label((case or "").strip(), label)
        self.check_size(len(self._cases))
        self._grow(len(self._cases))
        return slice(start, len(self._cases))

    def trim(self) -> None:
        """Gives back the room for more cases, so that ``values`` has one row per case."""
        self.values.resize((len(self._cases), len(self.features)), refcheck=False)

    def check_size(self, rows: int) -> None:
        """Refuses a table of so many ``rows`` when it would be larger than allowed.

        Raises:
            CohortError: it would.
        """
        if 8 * rows * len(self.features) + self._name_bytes > self._most_bytes:
            raise CohortError(
                f"{self._source} holds a table of more than {_size(self._most_bytes)}, which is the most allowed; "
                "leave columns or cases out, or allow more."
            )

    def check(self, rows: slice) -> None:
        """Refuses a value of ``rows`` that is missing or infinite.

        Raises:
            CohortError: there is one.
        """
        step = max(1, _CHUNK_VALUES // len(self.features))
        for start in range(rows.start, rows.stop, step):
            finite = np.isfinite(self.values[start : min(rows.stop, start + step)])
            if not finite.all():
                row, column = (int(index[0]) for index in np.nonzero(~finite))
                self._raise_not_finite(start + row, column)

    def finished(self) -> tuple[tuple[str, ...], tuple[str, ...] | None, NDArray[np.float64]]:
        """Returns cases, labels (None without classes) and the values, read-only.

        Raises:
            CohortError: there is no row.
        """
        if not self._cases:
            raise CohortError(f"{self._source} has no row of values; give a table with one row per case.")
        self.trim()
        self.values.flags.writeable = False
        return tuple(self._cases), None if self._label is None else tuple(self._labels), self.values

    def _add_case(self, text: str | None) -> None:
        case = (text or "").strip()
        where = f"{self._source}, row {len(self._cases) + 1}"
        if not case:
            raise CohortError(f"{where}: the case has no identifier; give it one or remove the row.")
        if len(case) > _LONGEST_NAME:
            raise CohortError(
                f"{where}: the identifier has more than {_LONGEST_NAME} letters; name the column of identifiers."
            )
        if case in self._cases:
            raise CohortError(f"{where}: case {shown(case)} occurs a second time; remove or rename one of them.")
        self._cases[case] = None
        self._name_bytes += len(case) + _NAME_BYTES

    def _add_label(self, case: str, text: str | None) -> None:
        label = (text or "").strip()
        where = f"{self._source}, case {shown(case)}, column '{shown(self._label or '')}'"
        if not label:
            raise CohortError(f"{where}: the class is missing; give the case a class or remove it.")
        if len(label) > _LONGEST_NAME:
            raise CohortError(f"{where}: the class has more than {_LONGEST_NAME} letters; name the column of classes.")
        if label not in self._distinct:
            self._name_bytes += len(label) + _NAME_BYTES
        # Equal labels are one string in memory, since a hundred thousand cases have a hundred classes.
        self._labels.append(self._distinct.setdefault(label, label))

    def _grow(self, rows: int) -> None:
        room = self.values.shape[0]
        if rows > room:
            self.values.resize((max(rows, room + room // 8), len(self.features)), refcheck=False)

    def _raise_not_finite(self, row: int, column: int) -> None:
        case = next(case for index, case in enumerate(self._cases) if index == row)
        what = "missing" if math.isnan(self.values[row, column]) else "infinite"
        raise CohortError(
            f"{self._source}, case {shown(case)}, column '{shown(self.features[column])}': the value is {what}; "
            "impute it beforehand or leave the column out."
        )


def _size(count: int) -> str:
    for shift, unit in ((30, "GB"), (20, "MB"), (10, "KB")):
        if count >= 1 << shift:
            return f"{count / (1 << shift):.3g} {unit}"
    return f"{count} bytes"
