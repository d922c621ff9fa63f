"""The process that reads an AnnData file for ``table_anndata``: ``python -m longcon.cohorts.table_anndata_child``.

Only what is asked for is read. ``anndata.read_h5ad(backed="r")`` would load layers, obsm and uns, each as large as X.
"""

from __future__ import annotations

import faulthandler
import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from longcon.cohorts.table_anndata_matrix import Matrix, matrix_of
from longcon.cohorts.table_columns import Request, measurements, position, shown, unique_names
from longcon.cohorts.table_rows import Rows
from longcon.errors import CohortError

if TYPE_CHECKING:
    import h5py

_LONGEST_NAME_BYTES = 4000
_STRINGS_AT_ONCE = 1024


def main() -> None:
    """Answers the question on standard input."""
    question = json.load(sys.stdin.buffer)
    path, patience = Path(question.pop("path")), question.pop("patience")
    features = question.pop("features")
    request = Request(**question, features=None if features is None else tuple(features))
    send(path, request, sys.stdout.buffer, patience)


def send(path: Path, request: Request, out: IO[bytes], patience: float) -> None:
    """Writes a line of JSON - names, or what is wrong - and then the values as little-endian float64.

    Args:
        path: the file.
        request: which columns are read as what.
        out: where to write.
        patience: seconds after which this process ends itself when nothing more was read, since HDF5 can loop forever.

    Raises:
        Exception: the bytes are damaged, in whichever way HDF5 says it.
    """
    # A thread of C ends the process; HDF5 would not let one of Python run.
    watch = partial(faulthandler.dump_traceback_later, patience, exit=True, file=2)
    watch()
    try:
        import h5py  # noqa: PLC0415
        from anndata.io import read_elem  # noqa: PLC0415

        with h5py.File(path, "r", rdcc_nbytes=256 << 20) as file:
            names, matrix, wanted = _opened(path, file, request, read_elem)
            _write(out, {**names, "by_column": matrix.by_column})
            for block in matrix.blocks(wanted):
                out.write(block.tobytes())
                watch()
            out.flush()
    except ImportError:
        _write(out, {"error": f"{path.name} needs the library anndata, which is missing; install longcon[anndata]."})
    except CohortError as error:
        _write(out, {"error": str(error)})
    except UnicodeError:
        _write(out, {"error": f"{path.name} holds text that is not UTF-8; write the table as UTF-8."})
    finally:
        faulthandler.cancel_dump_traceback_later()


def _opened(
    path: Path, file: h5py.File, request: Request, read_elem: Any
) -> tuple[dict[str, Any], Matrix, tuple[int, ...]]:
    source = path.name
    obs, var = _frame(source, file, "obs"), _frame(source, file, "var")
    matrix = matrix_of(source, own_member(source, file, "X") if "X" in file else None)
    features = unique_names(source, "measurement", [name or "" for name in _words(source, var, _index(var), read_elem)])
    places = {name: place for place, name in enumerate(features)}
    wanted = measurements(source, "measurement", places, request, {})
    names = tuple(features[place] for place in wanted)
    Rows(source, names, request.label, request.most_bytes).check_size(matrix.shape[0])
    cases = _words(source, obs, _index(obs) if request.case is None else _column(source, obs, request.case), read_elem)
    labels = None
    if request.label is not None:
        labels = _words(source, obs, _column(source, obs, request.label), read_elem)
    if (len(cases), len(features)) != matrix.shape or (labels is not None and len(labels) != len(cases)):
        raise CohortError(
            f"{source} has {len(cases)} names of cases and {len(features)} of measurements where X has "
            f"{matrix.shape[0]} rows and {matrix.shape[1]} columns; write the file again."
        )
    return {"cases": cases, "labels": labels, "features": names}, matrix, wanted


def own_member(source: str, group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """Returns what ``group`` holds under ``name``, never bytes of another file.

    Raises:
        CohortError: it, or something within it, is a link or lies in another file.
    """
    import h5py  # noqa: PLC0415

    member = group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
    if member is None or (isinstance(member, h5py.Dataset) and (member.external or member.is_virtual)):
        raise CohortError(f"{source}: '{shown(name)}' refers to another place or file; write the data into one file.")
    if isinstance(member, h5py.Group):
        for inner in member:
            own_member(source, member, inner)
    return member


def _frame(source: str, file: h5py.File, name: str) -> h5py.Group:
    import h5py  # noqa: PLC0415

    if name not in file:
        raise CohortError(f"{source} has no table '{name}', so it is no AnnData file; write it with anndata.")
    frame = own_member(source, file, name)
    if not isinstance(frame, h5py.Group):
        raise CohortError(f"{source} is of an anndata before 0.7; read it with that and write it again.")
    return frame


def _column(source: str, obs: h5py.Group, name: str) -> str:
    names = list(obs)
    places = {name: place for place, name in enumerate(unique_names(source, "column of obs", names))}
    return str(names[position(source, "column of obs", name, places)])


def _index(frame: h5py.Group) -> str:
    return str(frame.attrs["_index"])


def _words(source: str, frame: h5py.Group, name: str, read_elem: Any) -> list[str | None]:
    """Returns a column of names as text, None where one is missing."""
    element = own_member(source, frame, name)
    _check_lengths(source, element)
    values = read_elem(element)
    if values.dtype.kind in "fcmM":
        raise _no_names(source, name)
    return [_word(source, name, value) for value in values]


def _check_lengths(source: str, element: h5py.Group | h5py.Dataset) -> None:
    """Refuses very long texts: a small file can point to one text a million times."""
    import h5py  # noqa: PLC0415

    if isinstance(element, h5py.Group):
        for inner in element.values():
            _check_lengths(source, inner)
    elif element.dtype.kind == "O" and element.ndim == 1:
        for start in range(0, len(element), _STRINGS_AT_ONCE):
            _check_longest(source, element[start : start + _STRINGS_AT_ONCE])


def _check_longest(source: str, texts: Iterable[bytes]) -> None:
    if max(map(len, texts), default=0) > _LONGEST_NAME_BYTES:
        raise CohortError(f"{source} has a name of more than {_LONGEST_NAME_BYTES} bytes; name other columns.")


def _word(source: str, name: str, value: Any) -> str | None:
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    if pd.isna(value):
        return None
    raise _no_names(source, name)


def _no_names(source: str, name: str) -> CohortError:
    return CohortError(
        f"{source}: column '{shown(name)}' of obs holds neither text nor whole numbers; name a column of names."
    )


def _write(out: IO[bytes], answer: dict[str, Any]) -> None:
    # Not ASCII alone: half a character, which is no UTF-8, must fail here.
    out.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
