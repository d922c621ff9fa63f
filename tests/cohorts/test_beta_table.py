from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from longcon.cohorts import text_stream
from longcon.cohorts.beta_table import BetaTable, read_beta_table
from longcon.cohorts.series_matrix import Sample
from longcon.errors import CohortError
from tests.cohorts.geo_texts import HEADER, ROWS, table_text, write

NAN = np.nan
WANTED = [Sample("GSM11", 1, "", ""), Sample("GSM13", 3, "", "")]
BETAS = np.array([[0.1, 0.3], [NAN, NAN], [NAN, 1.0]], dtype=np.float32)


def read(path: Path, limit: float = 0.01, wanted: list[Sample] = WANTED) -> BetaTable:
    return read_beta_table(path, wanted, 4, limit)


@pytest.mark.parametrize("name", ["t.txt", "t.txt.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [20, 1 << 20])
def test_wanted_columns_are_read_and_undetected_betas_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, end: str, block: int
) -> None:
    monkeypatch.setattr(text_stream, "_BLOCK", block)
    table = read(write(tmp_path / name, table_text().replace("\n", end)))
    assert table.probes == ("cg01", "cg02", "cg03")
    np.testing.assert_array_equal(table.betas, BETAS)
    assert table.betas.dtype == np.float32


def test_the_last_line_needs_no_line_end(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read(write(tmp_path / "t.txt", table_text().rstrip("\n"))).betas, BETAS)


def test_columns_come_in_the_order_of_the_samples(tmp_path: Path) -> None:
    table = read(write(tmp_path / "t.txt", table_text()), wanted=WANTED[::-1])
    np.testing.assert_array_equal(table.betas, BETAS[:, ::-1])


def test_a_quoted_header_and_quoted_probes_are_read(tmp_path: Path) -> None:
    header = "\t".join(f'"{cell}"' for cell in HEADER.split("\t"))
    rows = ['"' + row.replace("\t", '"\t', 1) for row in ROWS]
    table = read(write(tmp_path / "t.txt", table_text(rows, header)))
    assert table.probes == ("cg01", "cg02", "cg03")


def test_the_limit_itself_is_detected(tmp_path: Path) -> None:
    row = "cg01\t0.1\t0.02\t\t\t0.3\t0.0200001\t\t"
    np.testing.assert_array_equal(
        read(write(tmp_path / "t.txt", table_text([row])), limit=0.02).betas, np.array([[0.1, NAN]], dtype=np.float32)
    )


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "nan", "null", "NULL", "N/A"])
def test_a_missing_beta_or_p_value_is_missing(tmp_path: Path, missing: str) -> None:
    row = f"cg01\t{missing}\t0\t\t\t0.3\t{missing}\t\t"
    assert np.isnan(read(write(tmp_path / "t.txt", table_text([row]))).betas).all()


def swap(row: int, column: int, cell: str) -> list[str]:
    rows = [line.split("\t") for line in ROWS]
    rows[row][column] = cell
    return ["\t".join(cells) for cells in rows]


TRUNCATED = "so the table is truncated; fetch it again or use a complete copy."
ADVICE = "correct the file or fetch it again."
BAD_ROWS: dict[str, tuple[list[str], str]] = {
    "truncated": ([*ROWS, "cg04\t0.1\t0"], f"t.txt, line 5: 3 fields where the header has 9, {TRUNCATED}"),
    "short in the middle": (
        [ROWS[0], "cg04\t0.1", *ROWS[1:]],
        f"t.txt, line 3: 2 fields where the header has 9, {TRUNCATED}",
    ),
    "blank line": ([ROWS[0], "", ROWS[1]], f"t.txt, line 3: 1 field where the header has 9, {TRUNCATED}"),
    "long": (
        [ROWS[0] + "\t0.5"],
        "t.txt, line 2: 10 fields where the header has 9; remove the line or fetch the file again.",
    ),
    "no rows": ([], "t.txt has a header but no row of values, so it is truncated; fetch it again."),
    "no number": (swap(1, 1, "0,2"), f"t.txt, line 3, probe cg02, SAMPLE 1: the beta '0,2' is not a number; {ADVICE}"),
    "quoted": (
        swap(1, 1, '"0.2"'),
        f"t.txt, line 3, probe cg02, SAMPLE 1: the beta '\"0.2\"' is not a number; {ADVICE}",
    ),
    "underscore": (
        swap(1, 1, "0_0.2"),
        f"t.txt, line 3, probe cg02, SAMPLE 1: the beta '0_0.2' is not a number; {ADVICE}",
    ),
    "too large": (
        swap(2, 5, "1.01"),
        f"t.txt, line 4, probe cg03, SAMPLE 3: the beta 1.01 is outside [0, 1]; {ADVICE}",
    ),
    "other digits": (swap(2, 5, "٠"), f"t.txt, line 4, probe cg03, SAMPLE 3: the beta '٠' is not a number; {ADVICE}"),
    "negative": (swap(2, 5, "-0.1"), f"t.txt, line 4, probe cg03, SAMPLE 3: the beta -0.1 is outside [0, 1]; {ADVICE}"),
    "infinite": (swap(2, 5, "inf"), f"t.txt, line 4, probe cg03, SAMPLE 3: the beta inf is outside [0, 1]; {ADVICE}"),
    "p-value": (
        swap(0, 2, "2"),
        f"t.txt, line 2, probe cg01, SAMPLE 1: the detection p-value 2 is outside [0, 1]; {ADVICE}",
    ),
    "long cell": (
        swap(0, 1, "x\x07" * 50),
        f"t.txt, line 2, probe cg01, SAMPLE 1: the beta '{'x?' * 20}...' is not a number; {ADVICE}",
    ),
    "no name": (swap(1, 0, ""), "t.txt, line 3: the probe has no name; remove the line or fetch the file again."),
    "probe twice": (swap(2, 0, "cg01"), "t.txt, line 4: probe cg01 occurs a second time; remove one of its rows."),
    "two faults": (
        [*swap(1, 1, "x"), "cg05"],
        f"t.txt, line 3, probe cg02, SAMPLE 1: the beta 'x' is not a number; {ADVICE}",
    ),
}


@pytest.mark.parametrize("block", [30, 1 << 20])
@pytest.mark.parametrize(("rows", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, rows: list[str], message: str
) -> None:
    monkeypatch.setattr(text_stream, "_BLOCK", block)
    with pytest.raises(CohortError) as caught:
        read(write(tmp_path / "t.txt", table_text(rows)))
    assert str(caught.value) == message


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.txt", table_text().encode().replace(b"cg02", b"cg\xff"))
    with pytest.raises(CohortError) as caught:
        read(path)
    assert str(caught.value) == "t.txt, line 3 is not UTF-8 text; fetch the file again or use another copy."


BAD_HEADERS: dict[str, tuple[str | bytes, str]] = {
    "column twice": (
        HEADER.replace("SAMPLE 4", "SAMPLE 1"),
        "t.txt: column SAMPLE 1 occurs twice in the header; remove one of them.",
    ),
    "no such column": (
        HEADER.replace("SAMPLE 3", "SAMPLE 5"),
        "t.txt has no column SAMPLE 3 for GSM13; use the table and the series matrix of the same series.",
    ),
    "fewer samples": (
        HEADER.rsplit("\t", 2)[0],
        "t.txt has 3 sample columns where the series matrix names 4 samples, so the table is incomplete; "
        "fetch it again or use a complete copy.",
    ),
    "no p-values": (
        HEADER.replace("\tDetection Pval", ""),
        "t.txt: column SAMPLE 1 is followed by 'SAMPLE 2' where its detection p-values should stand; "
        "use the table as GEO publishes it.",
    ),
    "another table": ("gene\tvalue", "t.txt has no column 'SAMPLE n' in its first line; give the table of betas."),
    "very wide": (
        "\t" * 500_000,
        "t.txt has 500001 columns where 500000 is the most that can be read; give the table of betas.",
    ),
    "not text": (b"\x89PNG\xff\xfe", "t.txt is not UTF-8 text; fetch it again or use another copy."),
}


@pytest.mark.parametrize(("header", "message"), BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_bad_header_is_named(tmp_path: Path, header: str | bytes, message: str) -> None:
    first = header if isinstance(header, bytes) else header.encode()
    path = write(tmp_path / "t.txt", b"\n".join([first, *(row.encode() for row in ROWS)]))
    with pytest.raises(CohortError) as caught:
        read(path)
    assert str(caught.value) == message


def test_no_thread_outlives_a_failed_reading(tmp_path: Path) -> None:
    import threading

    before = threading.active_count()
    with pytest.raises(CohortError):
        read(write(tmp_path / "t.txt", table_text(["cg01\t0"])))
    assert threading.active_count() == before
