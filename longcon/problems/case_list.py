"""The cases that a command must score, listed in a file: case, split and, where it is known, class."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from longcon.errors import ProblemError, did_you_mean

COLUMNS = ("case", "split", "class")
SPLITS = ("training", "holdout", "prospective")
LARGEST = 64 << 20


@dataclass(frozen=True)
class CaseList:
    """Cases by split, in the file's order.

    Attributes:
        training: identifiers; may be empty, since a command knows its own.
        holdout: identifiers.
        prospective: identifiers.
        classes: of each case that has one, by its identifier.
        digest: SHA-256 of the file's bytes.
    """

    training: tuple[str, ...]
    holdout: tuple[str, ...]
    prospective: tuple[str, ...]
    classes: dict[str, str]
    digest: str


def read_case_list(path: Path) -> CaseList:
    """Returns the cases that a CSV file lists: columns case, split and class, UTF-8.

    Raises:
        ProblemError: it cannot be read, lacks a column, or holds a row that says nothing.
    """
    content = _content(path)
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise ProblemError(f"{path} is not UTF-8 (byte {error.start + 1}): save it as UTF-8.") from None
    except csv.Error as error:
        raise ProblemError(f"{path} is no table ({error}): give CSV with the columns {', '.join(COLUMNS)}.") from None
    if not rows:
        raise ProblemError(f"{path} is empty: give CSV with the columns {', '.join(COLUMNS)}.")
    places = _places(path, [name.strip() for name in rows[0]])
    cases: dict[str, list[str]] = {split: [] for split in SPLITS}
    classes: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(rows[0]):
            raise ProblemError(
                f"{path}, line {number}: {len(row)} fields under {len(rows[0])} columns: give each column one."
            )
        case, split, label = (row[place].strip() for place in places)
        _require(path, number, case, split, label)
        cases[split].append(case)
        if label:
            classes[case] = label
    digest = hashlib.sha256(content).hexdigest()
    training, holdout, prospective = (tuple(cases[split]) for split in SPLITS)
    return CaseList(training, holdout, prospective, classes, digest)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ProblemError(
            f"{path} cannot be read ({error.strerror}): give the file of the cases as cases in [problem]."
        ) from None
    if len(content) > LARGEST:
        raise ProblemError(f"{path} is larger than {LARGEST:,} bytes: no list of cases is, so give another file.")
    return content


def _places(path: Path, header: list[str]) -> list[int]:
    for name in COLUMNS:
        if header.count(name) != 1:
            hint = did_you_mean(name, header) if name not in header else ""
            how = "lacks" if name not in header else "has more than one"
            raise ProblemError(f"{path} {how} column '{name}'{hint}: give {', '.join(COLUMNS)}.")
    return [header.index(name) for name in COLUMNS]


def _require(path: Path, number: int, case: str, split: str, label: str) -> None:
    where = f"{path}, line {number}"
    if not case:
        raise ProblemError(f"{where}: the case has no identifier: give one.")
    if split not in SPLITS:
        hint = did_you_mean(split, SPLITS)
        raise ProblemError(f"{where}: split '{split}' of case '{case}' is unknown{hint}: give {' or '.join(SPLITS)}.")
    if split == "holdout" and not label:
        raise ProblemError(f"{where}: case '{case}' of the hold-out has no class: give it, since it finds the cut-off.")
