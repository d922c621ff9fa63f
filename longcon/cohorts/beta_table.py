"""Reads the wanted columns of a wide table of betas and detection p-values, in one streamed pass.

The table is gigabytes of text of which a few columns are wanted. Blocks of whole lines are parsed by pyarrow on all
processors while the next block is decompressed; at most a few blocks are held at once. Header cells repeat
(``Detection Pval``), so columns are known by position alone.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from longcon.cohorts.growing_matrix import GrowingMatrix
from longcon.cohorts.series_matrix import Sample, normal_space
from longcon.cohorts.table_faults import MISSING, Wanted, raise_fault
from longcon.cohorts.text_stream import Progress, TextStream
from longcon.errors import CohortError

# More could not be fed: one thread decompresses about as fast as three parse.
_MOST_WORKERS = 3
_MOST_COLUMNS = 500_000


@dataclass(frozen=True)
class BetaTable:
    """The wanted part of a table.

    Attributes:
        probes: names of the rows.
        betas: float32, (probes, samples), NaN = missing or not detected; read-only.
        digest: SHA-256 of the file's bytes.
    """

    probes: tuple[str, ...]
    betas: NDArray[np.float32]
    digest: str


@dataclass(frozen=True)
class _Block:
    """The parsed lines of one block: names, and float32 betas of (lines, samples)."""

    probes: list[str]
    betas: NDArray[np.float32]


def read_beta_table(
    path: Path,
    wanted: Sequence[Sample],
    samples: int,
    detection_limit: float,
    progress: Progress | None = None,
) -> BetaTable:
    """Reads the columns of ``wanted`` samples.

    Args:
        path: the table, gzipped or not.
        wanted: samples to read, in the order of the columns returned.
        samples: how many samples the series has; a table with fewer is incomplete.
        detection_limit: a beta whose detection p-value is above it, or missing, becomes NaN.
        progress: called with (bytes of the file read, bytes of the file).

    Raises:
        CohortError: the file is truncated, damaged or no such table; the message names file, line, probe and sample.
    """
    with TextStream(path, progress) as stream:
        columns = _wanted_columns(path, stream.first_line(), wanted, samples)
        betas = GrowingMatrix(len(wanted))
        probes: dict[str, None] = {}
        line = 2
        for block in _parsed(stream, columns, detection_limit):
            _add_probes(path, probes, block.probes, line)
            betas.append(block.betas)
            line += len(block.probes)
        if not probes:
            raise CohortError(f"{path.name} has a header but no row of values, so it is truncated; fetch it again.")
        return BetaTable(tuple(probes), betas.finished(), stream.digest)


def _wanted_columns(path: Path, header: bytes, wanted: Sequence[Sample], samples: int) -> Wanted:
    columns = header.count(b"\t") + 1
    if columns > _MOST_COLUMNS:
        raise CohortError(
            f"{path.name} has {columns} columns where {_MOST_COLUMNS} is the most that can be read; "
            "give the table of betas."
        )
    try:
        cells = [normal_space(cell.strip('"')) for cell in header.decode("utf-8-sig").split("\t")]
    except UnicodeDecodeError as error:
        raise CohortError(f"{path.name} is not UTF-8 text; fetch it again or use another copy.") from error
    position: dict[str, int] = {}
    for index, cell in enumerate(cells[1:], start=1):
        name = cell.upper()
        if not name.startswith("SAMPLE "):
            continue
        if name in position:
            raise CohortError(f"{path.name}: column {cell} occurs twice in the header; remove one of them.")
        position[name] = index
    if not position:
        raise CohortError(f"{path.name} has no column 'SAMPLE n' in its first line; give the table of betas.")
    for sample in wanted:
        index = position.get(f"SAMPLE {sample.number}", 0)
        if not index:
            raise CohortError(
                f"{path.name} has no column SAMPLE {sample.number} for {sample.accession}; use the table and the "
                "series matrix of the same series."
            )
        following = cells[index + 1] if index + 1 < len(cells) else "nothing"
        if not following.lower().startswith("detection"):
            raise CohortError(
                f"{path.name}: column SAMPLE {sample.number} is followed by '{following}' where its detection p-values "
                "should stand; use the table as GEO publishes it."
            )
    if len(position) < samples:
        raise CohortError(
            f"{path.name} has {len(position)} sample columns where the series matrix names {samples} samples, so the "
            "table is incomplete; fetch it again or use a complete copy."
        )
    betas = tuple(position[f"SAMPLE {sample.number}"] for sample in wanted)
    return Wanted(path.name, len(cells), betas, tuple(f"SAMPLE {sample.number}" for sample in wanted))


def _parsed(stream: TextStream, wanted: Wanted, detection_limit: float) -> Iterator[_Block]:
    """Yields parsed blocks in order, keeping every processor busy with one block and one more waiting."""
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    pending: deque[tuple[memoryview, Future[_Block | None]]] = deque()
    line = 2
    pool = ThreadPoolExecutor(workers)
    try:
        for text in stream.blocks():
            pending.append((text, pool.submit(_parse, text, wanted, detection_limit)))
            while len(pending) > workers:
                block = _first(pending, wanted, line)
                line += len(block.probes)
                yield block
        while pending:
            block = _first(pending, wanted, line)
            line += len(block.probes)
            yield block
    finally:
        pool.shutdown(cancel_futures=True)


def _first(pending: deque[tuple[memoryview, Future[_Block | None]]], wanted: Wanted, line: int) -> _Block:
    text, future = pending.popleft()
    block = future.result()
    if block is None:
        raise_fault(bytes(text), wanted, line)
    return block


def _parse(text: memoryview, wanted: Wanted, detection_limit: float) -> _Block | None:
    """Parses a block; None when anything in it is not as it should be, for a slow and exact reading to name."""
    try:
        table = _fields(text, wanted)
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError):
        return None
    probes = [name.strip('"') for name in table.column("0").to_pylist()]
    batches = table.drop_columns(["0"]).to_batches()
    if len(batches) != 1 or not all(probes):
        return None
    # Column after column, as pyarrow holds them: the transposed view has a row per column of the table.
    values = batches[0].to_tensor(null_to_nan=True, row_major=False).to_numpy().T
    missing = sum(column.null_count for column in batches[0].columns)
    # A NaN is in no range, so that whatever is neither missing nor in [0, 1] makes the count too small.
    if np.count_nonzero((values >= 0.0) & (values <= 1.0)) + missing != values.size:
        return None
    betas, p_values = values[0::2], values[1::2]
    return _Block(probes, np.where(p_values <= detection_limit, betas, np.nan).astype(np.float32).T)


def _fields(text: memoryview, wanted: Wanted) -> pa.Table:
    """Returns the probe's name, then beta and p-value of each wanted sample in turn."""
    numbers = [number for column in wanted.columns for number in (column, column + 1)]
    return csv.read_csv(
        pa.BufferReader(text),
        # One block of ours is one block of pyarrow's, read where this thread runs: the pool has the other processors.
        read_options=csv.ReadOptions(
            use_threads=False,
            block_size=len(text) + 1,
            column_names=[str(index) for index in range(wanted.fields)],
        ),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            include_columns=["0", *(str(index) for index in numbers)],
            column_types={"0": pa.string(), **{str(index): pa.float64() for index in numbers}},
            null_values=list(MISSING),
            strings_can_be_null=False,
        ),
    )


def _add_probes(path: Path, probes: dict[str, None], names: Sequence[str], line: int) -> None:
    for index, name in enumerate(names):
        if name in probes:
            raise CohortError(
                f"{path.name}, line {line + index}: probe {name} occurs a second time; remove one of its rows."
            )
        probes[name] = None
