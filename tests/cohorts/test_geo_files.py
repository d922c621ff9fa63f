from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from longcon.cohorts.beta_table import read_beta_table
from longcon.cohorts.geo_files import BetaTableWriter, SampleEntry, write_series_matrix, written_aside
from longcon.cohorts.series_matrix import Sample, read_series_matrix

MILLIONTHS = arrays(np.int64, (5, 3), elements=st.integers(0, 1_000_000))
MASKS = arrays(np.bool_, (5, 3))
SAMPLES = [Sample(f"GSM{n}", n, "", "") for n in (1, 2, 3)]


def written(
    folder: Path, betas: NDArray[np.float64], p_values: NDArray[np.float64], *missing: NDArray[np.bool_]
) -> Path:
    with BetaTableWriter(folder / "t.gz", 3) as table:
        for rows in (slice(0, 2), slice(2, 5)):
            parts = [values[rows] for values in (betas, p_values, *missing)]
            table.write(np.arange(100)[rows] * 12_345_678, *parts)  # type: ignore[arg-type]
    return folder / "t.gz"


@settings(max_examples=40)
@given(betas=MILLIONTHS, p_values=MILLIONTHS, empty=MASKS, na=MASKS)
def test_what_is_written_is_read_back_to_the_bit(
    betas: NDArray[np.int64], p_values: NDArray[np.int64], empty: NDArray[np.bool_], na: NDArray[np.bool_]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), betas / 1e6, p_values / 1e6, empty, na)
        table = read_beta_table(path, SAMPLES, 3, 0.01)
    expected = np.where(empty | na | (p_values > 10_000), np.nan, betas / 1e6).astype(np.float32)
    np.testing.assert_array_equal(table.betas, expected)
    assert table.probes == ("cg00000000", "cg12345678", "cg24691356", "cg37037034", "cg49382712")


def test_the_text_is_as_geos(tmp_path: Path) -> None:
    mask = np.zeros((5, 3), dtype=np.bool_)
    empty, na = mask.copy(), mask.copy()
    empty[0, 1] = na[0, 2] = True
    path = written(tmp_path, np.full((5, 3), 0.123456), np.ones((5, 3)), empty, na)
    header, first, *_ = gzip.decompress(path.read_bytes()).decode().split("\n")
    assert header == "ID_REF\tSAMPLE 1\tDetection Pval\tSAMPLE 2\tDetection Pval\tSAMPLE 3\tDetection Pval"
    assert first == "cg00000000\t0.123456\t1.000000\t\t1.000000\tNA\t1.000000"


def test_a_gzip_header_has_no_time_and_no_name(tmp_path: Path) -> None:
    write_series_matrix(tmp_path / "s.gz", "GSE1", "A title", [])
    assert (tmp_path / "s.gz").read_bytes()[:9] == b"\x1f\x8b\x08\x00\0\0\0\0\x04"


def test_samples_may_have_fewer_characteristics_than_others(tmp_path: Path) -> None:
    samples = [
        SampleEntry("GSM1", "A, sample 1 [x]", ("methylation class: A",)),
        SampleEntry("GSM2", "B, sample 2 [x]", ("tissue: t", "methylation class: B", "material: DNA_FFPE")),
    ]
    write_series_matrix(tmp_path / "s.gz", "GSE1", "A title", samples)
    assert read_series_matrix(tmp_path / "s.gz").samples == (
        Sample("GSM1", 1, "A", "unknown"),
        Sample("GSM2", 2, "B", "FFPE"),
    )


def test_a_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def fail() -> None:
        with written_aside(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("f", b"old")]
