"""Small files in GEO's layout, each of whose cells a test can set."""

from __future__ import annotations

import gzip
from pathlib import Path

CLASSES = ("GBM, RTK I", "GBM, RTK II")

TITLES = [
    "GBM, RTK I, sample 1 [reference set]",
    "PIN T,  PB A, sample 2 [reference set]",
    "GBM, RTK II, sample 3 [reference set]",
    "GBM, RTK III, sample 4 [reference set]",
]
FIRST = [
    "methylation class: GBM, RTK I",
    "methylation class: PIN T,  PB A",
    "tissue: brain tumor",
    "methylation class: GBM, RTK III",
]
SECOND = ["material: Frozen", "material: FFPE", "methylation class: GBM, RTK II", "material: FFPE"]
THIRD = ["", "", "material: DNA_KRYO", ""]
ACCESSIONS = ["GSM11", "GSM12", "GSM13", "GSM14"]

HEADER = (
    "ID_REF\tSAMPLE 1\tDetection Pval\tSAMPLE 2\tDetection Pval\tSAMPLE 3\tDetection Pval\tSAMPLE 4\tDetection Pval"
)
ROWS = [
    "cg01\t0.1\t0\t0.5\t0\t0.3\t0.01\t0.4\t0",
    "cg02\t0.2\t0.02\tx\tx\tNA\t0\t0.4\t0",
    "cg03\t\t0\t0.5\t0\t1\t1e-16\t0.4\t0",
]


def series_text(
    titles: list[str] = TITLES,
    accessions: list[str] = ACCESSIONS,
    characteristics: tuple[list[str], ...] = (FIRST, SECOND, THIRD),
) -> str:
    rows = [("!Sample_title", titles), ("!Sample_geo_accession", accessions)]
    rows += [("!Sample_characteristics_ch1", row) for row in characteristics]
    lines = ["\t".join([key, *(f'"{cell}"' for cell in cells)]) for key, cells in rows]
    return "\n".join(['!Series_title\t"A series"', "", *lines, '!Sample_data_row_count\t"0"', ""])


def table_text(rows: list[str] = ROWS, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def write(path: Path, text: str | bytes) -> Path:
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path
