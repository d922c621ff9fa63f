"""Writes a cohort as GEO publishes one: a series matrix that holds metadata only, and a wide text table.

The text of both is fixed to the byte by what is written; numbers are set from a table of digits rather than by Python's
formatting, which would take minutes for a table of this size.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

CELL = len("\t0.123456")

_THOUSAND = np.array([list(f"{number:03d}".encode()) for number in range(1000)], dtype=np.uint8)
_THOUSAND.flags.writeable = False
_ABSENT = np.uint8(0)
_EMPTY_CELL = np.frombuffer(b"\t\0\0\0\0\0\0\0\0", dtype=np.uint8)
_NA_CELL = np.frombuffer(b"\tNA\0\0\0\0\0\0", dtype=np.uint8)
_COMPRESSION = 1


@dataclass(frozen=True)
class SampleEntry:
    """What a series matrix says of one sample.

    Attributes:
        accession: its GEO accession.
        title: its title, which ends in ``sample N [... set]``.
        characteristics: ``key: value`` cells, in order.
    """

    accession: str
    title: str
    characteristics: tuple[str, ...]


@contextmanager
def written_aside(path: Path) -> Iterator[IO[bytes]]:
    """Opens a temporary file that takes the place of ``path`` once everything in it is on disk.

    A kill or a full disk leaves ``path`` as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's files are private, but data are for everyone whom the folder lets in.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _compressed(path: Path) -> Iterator[gzip.GzipFile]:
    with (
        written_aside(path) as file,
        # No name and no time in the header: the same seed must give the same bytes.
        gzip.GzipFile(filename="", mode="wb", compresslevel=_COMPRESSION, fileobj=file, mtime=0) as text,
    ):
        yield text


def write_series_matrix(path: Path, series: str, title: str, samples: Sequence[SampleEntry]) -> None:
    """Writes the gzipped series matrix of ``samples``: quoted cells, one row per characteristic, no data rows.

    A sample with fewer characteristics than others ends in empty cells, as on GEO.
    """
    depth = max((len(sample.characteristics) for sample in samples), default=0)
    lines = [f'!Series_title\t"{title}"', f'!Series_geo_accession\t"{series}"', ""]
    lines.append(_quoted("!Sample_title", [sample.title for sample in samples]))
    lines.append(_quoted("!Sample_geo_accession", [sample.accession for sample in samples]))
    for row in range(depth):
        cells = [s.characteristics[row] if row < len(s.characteristics) else "" for s in samples]
        lines.append(_quoted("!Sample_characteristics_ch1", cells))
    lines.append(_quoted("!Sample_data_row_count", ["0"] * len(samples)))
    lines.append("!series_matrix_table_begin")
    lines.append(_quoted('"ID_REF"', [sample.accession for sample in samples]))
    lines.append("!series_matrix_table_end")
    with _compressed(path) as text:
        text.write(("\n".join(lines) + "\n").encode())


def _quoted(key: str, cells: Sequence[str]) -> str:
    return "\t".join([key, *(f'"{cell}"' for cell in cells)])


class BetaTableWriter:
    """Writes a gzipped table of betas and detection p-values, block of probes after block, six decimals each.

    Columns are named as in GSE90496: ``ID_REF``, then ``SAMPLE n`` and ``Detection Pval`` for n = 1 .. ``samples``.

    Args:
        path: the table; appears when the ``with`` block ends without an exception.
        samples: number of samples.
    """

    def __init__(self, path: Path, samples: int) -> None:
        self._samples = samples
        self._context = _compressed(path)

    def __enter__(self) -> Self:
        self._text = self._context.__enter__()
        header = "ID_REF" + "".join(f"\tSAMPLE {n}\tDetection Pval" for n in range(1, self._samples + 1))
        self._text.write(f"{header}\n".encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, error, trace)

    def write(
        self,
        numbers: NDArray[np.int64],
        betas: NDArray[np.float64],
        p_values: NDArray[np.float64],
        empty: NDArray[np.bool_],
        na: NDArray[np.bool_],
    ) -> None:
        """Appends one row per probe.

        Args:
            numbers: the number in each probe's name ``cg%08d``, (probes,), below 10^8.
            betas: (probes, samples), in [0, 1].
            p_values: detection p-values, (probes, samples), in [0, 1].
            empty: where the beta's cell is left empty, (probes, samples).
            na: where the beta's cell says ``NA``, (probes, samples).
        """
        probes = numbers.size
        name = 10
        row = np.empty((probes, name + 2 * CELL * self._samples + 1), dtype=np.uint8)
        row[:, 0], row[:, 1] = ord("c"), ord("g")
        padded = np.full((probes, 9), ord("0"), dtype=np.uint8)
        high, low = np.divmod(numbers, 1_000_000)
        padded[:, 0:3] = _THOUSAND[high]
        padded[:, 3:6] = _THOUSAND[low // 1000]
        padded[:, 6:9] = _THOUSAND[low % 1000]
        row[:, 2:name] = padded[:, 1:]
        row[:, -1] = ord("\n")
        cells = row[:, name:-1].reshape(probes, self._samples, 2, CELL)
        _set_cells(cells[:, :, 0], betas)
        _set_cells(cells[:, :, 1], p_values)
        cells[empty, 0] = _EMPTY_CELL
        cells[na, 0] = _NA_CELL
        flat = row.reshape(-1)
        self._text.write(flat[flat != _ABSENT].tobytes())


def _set_cells(cells: NDArray[np.uint8], values: NDArray[np.float64]) -> None:
    millionths = np.rint(values * 1e6).astype(np.uint32)
    whole, fraction = np.divmod(millionths, np.uint32(1_000_000))
    upper, lower = np.divmod(fraction, np.uint32(1000))
    cells[..., 0] = ord("\t")
    cells[..., 1] = whole.astype(np.uint8) + np.uint8(ord("0"))
    cells[..., 2] = ord(".")
    cells[..., 3:6] = _THOUSAND[upper]
    cells[..., 6:9] = _THOUSAND[lower]
