"""Reads who is who from a GEO series matrix: accession, class, material, and the sample's number in the table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from longcon.cohorts.text_stream import TextStream
from longcon.errors import CohortError, did_you_mean

_SAMPLE_NUMBER = re.compile(r"\bsample (\d{1,9})(?: \[[^\]]*\])?$", re.IGNORECASE)
_LARGEST_METADATA = 64 << 20
_CLASS_KEY = "methylation class"
_MATERIAL_KEY = "material"


@dataclass(frozen=True)
class Sample:
    """One sample of a series.

    Attributes:
        accession: GEO accession, e.g. ``GSM2402854``.
        number: n of the table's column ``SAMPLE n``.
        methylation_class: its class, white space normalised.
        material: ``FFPE``, ``frozen``, what else the file says, or ``unknown``.
    """

    accession: str
    number: int
    methylation_class: str
    material: str


@dataclass(frozen=True)
class SeriesMatrix:
    """The metadata of a series.

    Attributes:
        samples: every sample, in the file's order.
        digest: SHA-256 of the file's bytes.
    """

    samples: tuple[Sample, ...]
    digest: str

    def of_classes(self, classes: Sequence[str], source: str) -> tuple[Sample, ...]:
        """Returns the samples of the wanted ``classes``, in the file's order.

        Classes match exactly, after white space: ``GBM, RTK I`` is a prefix of ``GBM, RTK II`` and means neither that
        nor ``GBM, RTK III``.

        Raises:
            CohortError: no class is wanted, or one has no sample.
        """
        if not classes:
            raise CohortError(f"{source}: no methylation class is asked for; name at least one.")
        present = {sample.methylation_class for sample in self.samples}
        wanted = {normal_space(name) for name in classes}
        for name in classes:
            if normal_space(name) not in present:
                hint = did_you_mean(normal_space(name), sorted(present)) or "; name classes as the file does."
                raise CohortError(f"{source} has no sample of class '{name}'{hint}")
        return tuple(sample for sample in self.samples if sample.methylation_class in wanted)


def read_series_matrix(path: Path) -> SeriesMatrix:
    """Reads a series matrix, gzipped or not.

    Characteristics can shift between rows from sample to sample, so each cell is read by its own key.

    Args:
        path: the ``*_series_matrix.txt`` or ``.txt.gz`` file.

    Raises:
        CohortError: the file cannot be read, is not text, lacks a needed row, its rows differ in length, two samples
            share an accession or a number, or a sample has no class or number.
    """
    with TextStream(path) as stream:
        rows = _sample_rows(path, stream)
        digest = stream.digest
    accessions = _single_row(path, rows, "!Sample_geo_accession")
    titles = _single_row(path, rows, "!Sample_title")
    characteristics = rows.get("!Sample_characteristics_ch1", [])
    for row in (titles, *characteristics):
        if len(row) != len(accessions):
            raise CohortError(
                f"{path.name}: a row has {len(row)} cells where there are {len(accessions)} samples, so the file is "
                "incomplete; fetch it again."
            )
    samples = []
    for index, (accession, title) in enumerate(zip(accessions, titles, strict=True)):
        cells = [row[index] for row in characteristics]
        samples.append(_sample(path, accession, title, cells))
    _check_unique(path, "accession", [sample.accession for sample in samples])
    _check_unique(path, "sample number", [str(sample.number) for sample in samples])
    return SeriesMatrix(tuple(samples), digest)


def normal_space(text: str) -> str:
    """Returns ``text`` with every run of white space as one space, and none at its ends."""
    return " ".join(text.split())


def _sample_rows(path: Path, stream: TextStream) -> dict[str, list[list[str]]]:
    rows: dict[str, list[list[str]]] = {}
    size = 0
    for block in stream.blocks():
        size += len(block)
        if size > _LARGEST_METADATA:
            raise CohortError(
                f"{path.name} holds more than {_LARGEST_METADATA >> 20} MB, so it is no series matrix of metadata; "
                "check that the two files are not exchanged."
            )
        for line in bytes(block).split(b"\n"):
            if line.startswith(b"!Sample_"):
                key, *cells = _decoded(path, line).rstrip("\r").split("\t")
                rows.setdefault(key, []).append([normal_space(cell.strip().strip('"')) for cell in cells])
    return rows


def _decoded(path: Path, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CohortError(f"{path.name} is not UTF-8 text; fetch it again or use another copy.") from error


def _single_row(path: Path, rows: dict[str, list[list[str]]], key: str) -> list[str]:
    found = rows.get(key, [])
    if len(found) != 1 or not found[0]:
        raise CohortError(
            f"{path.name} has {len(found)} rows {key} where one is needed, so it is no series matrix; check the file."
        )
    return found[0]


def _sample(path: Path, accession: str, title: str, cells: Sequence[str]) -> Sample:
    values: dict[str, str] = {}
    for cell in cells:
        key, colon, value = cell.partition(":")
        if colon:
            values.setdefault(normal_space(key).lower(), normal_space(value))
    number = _SAMPLE_NUMBER.search(title)
    if number is None:
        raise CohortError(
            f"{path.name}, {accession}: the title '{title}' does not end in 'sample N [... set]', so its column in the "
            "table is unknown; restore the title."
        )
    if not values.get(_CLASS_KEY):
        raise CohortError(f"{path.name}, {accession}: no characteristic '{_CLASS_KEY}: ...'; add it to the file.")
    return Sample(accession, int(number[1]), values[_CLASS_KEY], _material(values.get(_MATERIAL_KEY, "")))


def _material(text: str) -> str:
    upper = text.upper()
    if "FFPE" in upper:
        return "FFPE"
    # KRYO is how GSE109379 codes frozen tissue.
    if "FROZEN" in upper or "KRYO" in upper:
        return "frozen"
    return text or "unknown"


def _check_unique(path: Path, what: str, words: Sequence[str]) -> None:
    for word, count in Counter(words).items():
        if count > 1:
            raise CohortError(f"{path.name} has the {what} {word} {count} times; remove all samples but one.")
