from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from longcon.cohorts import Cohort, CohortSource, geo, geo_sources, read_cohort
from longcon.cohorts.beta_table import read_beta_table
from longcon.errors import CohortError
from tests.cohorts.geo_texts import CLASSES, series_text, table_text, write


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "s.txt.gz", series_text()), write(tmp_path / "t.txt.gz", table_text())


def read(files: tuple[Path, Path], cache: Path | None = None, limit: float = 0.01) -> Cohort:
    return read_cohort(*files, CLASSES, name="small", cache=cache, detection_limit=limit)


def test_metadata_and_values_are_joined(files: tuple[Path, Path]) -> None:
    cohort = read(files)
    assert cohort.name == "small"
    assert cohort.cases == ("GSM11", "GSM13")
    assert cohort.classes == CLASSES
    assert cohort.materials == ("frozen", "frozen")
    np.testing.assert_array_equal(
        cohort.betas, np.array([[0.1, 0.3], [np.nan, np.nan], [np.nan, 1.0]], dtype=np.float32)
    )


def test_a_source_reads_the_same(files: tuple[Path, Path]) -> None:
    assert CohortSource("small", *files).read(CLASSES).digest == read(files).digest


def test_sources_are_named_as_on_geo(tmp_path: Path) -> None:
    names = [(source.series_matrix.name, source.table.name) for source in geo_sources(tmp_path)]
    assert names == [
        ("GSE90496_series_matrix.txt.gz", "GSE90496_beta.txt.gz"),
        ("GSE109379_series_matrix.txt.gz", "GSE109379_processed_data.txt.gz"),
    ]


@pytest.mark.parametrize("limit", [0.0, -1.0, 1.5, float("nan")])
def test_a_limit_out_of_range_is_an_error(files: tuple[Path, Path], limit: float) -> None:
    with pytest.raises(CohortError) as caught:
        read(files, limit=limit)
    assert str(caught.value) == f"A detection limit of {limit:g} is out of range; give one above 0, at most 1."


@pytest.fixture
def parsings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The tables parsed so far."""
    parsed: list[Path] = []
    original = read_beta_table

    def counting(path: Path, *arguments: object) -> object:
        parsed.append(path)
        return original(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(geo, "read_beta_table", counting)
    return parsed


def test_a_cached_cohort_is_not_parsed_again(files: tuple[Path, Path], tmp_path: Path, parsings: list[Path]) -> None:
    first = read(files, tmp_path / "cache")
    second = read(files, tmp_path / "cache")
    assert len(parsings) == 1
    assert second.digest == first.digest
    assert second.materials == first.materials
    assert not second.betas.flags.writeable
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {".npy", ".json"}


def test_another_limit_is_another_entry(files: tuple[Path, Path], tmp_path: Path, parsings: list[Path]) -> None:
    read(files, tmp_path / "cache")
    loose = read(files, tmp_path / "cache", limit=0.05)
    assert len(parsings) == 2
    assert loose.betas[1, 0] == np.float32(0.2)


def test_a_changed_source_is_parsed_again(files: tuple[Path, Path], tmp_path: Path, parsings: list[Path]) -> None:
    read(files, tmp_path / "cache")
    write(files[1], table_text().replace("cg01\t0.1", "cg01\t0.9"))
    assert read(files, tmp_path / "cache").betas[0, 0] == np.float32(0.9)
    write(files[0], series_text().replace("Frozen", "FFPE"))
    assert read(files, tmp_path / "cache").materials == ("FFPE", "frozen")
    assert len(parsings) == 3


def flip_last_byte(folder: Path, suffix: str) -> None:
    path = next(folder.glob(f"*.{suffix}"))
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def rewrite(change: Callable[[dict[str, object]], None]) -> Callable[[Path], object]:
    def apply(folder: Path) -> None:
        path = next(folder.glob("*.json"))
        entry = json.loads(path.read_text())
        change(entry["content"])
        path.write_text(json.dumps(entry))

    return apply


DAMAGES: dict[str, Callable[[Path], object]] = {
    "npy flipped": lambda folder: flip_last_byte(folder, "npy"),
    "json flipped": lambda folder: flip_last_byte(folder, "json"),
    "npy cut": lambda folder: next(folder.glob("*.npy")).write_bytes(b"\x93NUMPY"),
    "npy gone": lambda folder: next(folder.glob("*.npy")).unlink(),
    "json a list": lambda folder: next(folder.glob("*.json")).write_text("[1]"),
    "json deep": lambda folder: next(folder.glob("*.json")).write_text("[" * 100_000),
    "json no text": lambda folder: next(folder.glob("*.json")).write_bytes(b"\xff\x00"),
    "classes exchanged": rewrite(lambda content: content.update(classes=list(CLASSES[::-1]))),
    "materials exchanged": rewrite(lambda content: content.update(materials=["FFPE", "FFPE"])),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_cache_is_parsed_again_and_replaced(
    files: tuple[Path, Path], tmp_path: Path, parsings: list[Path], damage: Callable[[Path], object]
) -> None:
    cache = tmp_path / "cache"
    first = read(files, cache)
    damage(cache)
    again = read(files, cache)
    assert len(parsings) == 2
    assert (again.digest, again.materials) == (first.digest, first.materials)
    read(files, cache)
    assert len(parsings) == 2


def test_a_cache_that_cannot_be_written_is_an_error(files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CohortError) as caught:
        read(files, tmp_path / "file")
    assert str(caught.value) == (
        f"{tmp_path / 'file'}: the parsed cohort cannot be cached (file exists); choose another folder."
    )
