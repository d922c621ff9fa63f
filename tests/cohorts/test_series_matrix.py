from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longcon.cohorts.series_matrix import Sample, read_series_matrix
from longcon.errors import CohortError
from tests.cohorts.geo_texts import ACCESSIONS, FIRST, SECOND, THIRD, TITLES, series_text, write

SAMPLES = (
    Sample("GSM11", 1, "GBM, RTK I", "frozen"),
    Sample("GSM12", 2, "PIN T, PB A", "FFPE"),
    Sample("GSM13", 3, "GBM, RTK II", "frozen"),
    Sample("GSM14", 4, "GBM, RTK III", "FFPE"),
)


@pytest.mark.parametrize("name", ["s.txt", "s.txt.gz"])
def test_each_characteristic_is_read_by_its_own_key(tmp_path: Path, name: str) -> None:
    assert read_series_matrix(write(tmp_path / name, series_text())).samples == SAMPLES


def test_windows_line_ends_are_read_too(tmp_path: Path) -> None:
    text = series_text().replace("\n", "\r\n")
    assert read_series_matrix(write(tmp_path / "s.txt", text)).samples == SAMPLES


def test_the_prospective_sets_titles_are_read(tmp_path: Path) -> None:
    titles = [title.replace("reference", "validation") for title in TITLES]
    assert read_series_matrix(write(tmp_path / "s.txt", series_text(titles))).samples == SAMPLES


def test_classes_match_exactly_and_by_normal_white_space(tmp_path: Path) -> None:
    matrix = read_series_matrix(write(tmp_path / "s.txt", series_text()))
    assert matrix.of_classes(["GBM, RTK I"], "s.txt") == SAMPLES[:1]
    assert matrix.of_classes(["PIN T,  PB A", "GBM, RTK II"], "s.txt") == SAMPLES[1:3]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([], "s.txt: no methylation class is asked for; name at least one."),
        (["Glioma"], "s.txt has no sample of class 'Glioma'; name classes as the file does."),
        (
            ["GBM, RTK I", "GBM RTK II"],
            "s.txt has no sample of class 'GBM RTK II' - did you mean 'GBM, RTK II'?",
        ),
    ],
)
def test_a_class_without_samples_is_an_error(tmp_path: Path, classes: list[str], message: str) -> None:
    matrix = read_series_matrix(write(tmp_path / "s.txt", series_text()))
    with pytest.raises(CohortError) as caught:
        matrix.of_classes(classes, "s.txt")
    assert str(caught.value) == message


BAD: dict[str, tuple[dict[str, Any] | bytes, str]] = {
    "accession twice": (
        {"accessions": ["GSM11", "GSM12", "GSM11", "GSM14"]},
        "s.txt has the accession GSM11 2 times; remove all samples but one.",
    ),
    "number twice": (
        {"titles": [*TITLES[:3], "GBM, RTK III, sample 1 [reference set]"]},
        "s.txt has the sample number 1 2 times; remove all samples but one.",
    ),
    "no number": (
        {"titles": ["GBM, RTK I", *TITLES[1:]]},
        "s.txt, GSM11: the title 'GBM, RTK I' does not end in 'sample N [... set]', "
        "so its column in the table is unknown; restore the title.",
    ),
    "no class": (
        {"characteristics": (FIRST, ["material: FFPE"] * 4, THIRD)},
        "s.txt, GSM13: no characteristic 'methylation class: ...'; add it to the file.",
    ),
    "short row": (
        {"characteristics": (FIRST, SECOND[:3], THIRD)},
        "s.txt: a row has 3 cells where there are 4 samples, so the file is incomplete; fetch it again.",
    ),
    "no titles": (
        b"!Sample_geo_accession\tGSM1\n",
        "s.txt has 0 rows !Sample_title where one is needed, so it is no series matrix; check the file.",
    ),
    "empty": (
        b"",
        "s.txt has 0 rows !Sample_geo_accession where one is needed, so it is no series matrix; check the file.",
    ),
    "not text": (
        b'!Sample_title\t"\xff\xfe"\n',
        "s.txt is not UTF-8 text; fetch it again or use another copy.",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_a_mistake_is_said_in_one_sentence(tmp_path: Path, content: dict[str, Any] | bytes, message: str) -> None:
    text = content if isinstance(content, bytes) else series_text(**{"accessions": ACCESSIONS, **content})
    with pytest.raises(CohortError) as caught:
        read_series_matrix(write(tmp_path / "s.txt", text))
    assert str(caught.value) == message
