"""Builds whose files were written by anyone, and sealed: what is asked of them is answered or refused in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save

from longcon.builds import Build, BuildRequest
from longcon.builds.build import read_build
from longcon.builds.build_writer import seal, write_build
from longcon.builds.tensors import tensors_of
from longcon.errors import StoreError
from longcon.problems import Roster
from longcon.training import Recipe, Snapshot, Training, Trajectory

Arrays = dict[str, NDArray[Any]]
REQUEST = BuildRequest("d", Recipe(k=2, epochs=2), "cpu", "n", {}, "c", 1, (0, 12345), False, detail=True)
NAMES = ("state-0000.safetensors", "scores.safetensors", "trajectory.safetensors", "detail.safetensors", "cases.json")


def _build(folder: Path) -> Path:
    ones, one = np.ones((2, 2)), np.ones(2)
    trajectory = Trajectory(np.ones((3, 256)), np.ones(3, dtype=np.uint64), one, one, one, one, one, one)
    snapshots = {epoch: Snapshot({"w": ones}, ones, ones) for epoch in (0, 12345)}
    roster = Roster("p", ("a", "b"), "a", ("h0", "h1"), np.array([0, 1]), ("p0", "p1"), simulated=True)
    about: dict[str, Any] = {"fingerprint": {}, "settings": {}, "run": "r", "seconds": 1.0}
    training = Training(snapshots, (), 0, trajectory)
    write_build(folder, REQUEST, training, roster, started="2026-01-02T03:04:05+00:00", **about)
    return folder


def _resealed(folder: Path, name: str, content: bytes) -> Build:
    """Puts a file into a build, and its digest into the manifest."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    del manifest["digest"]
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_bytes(seal(manifest))
    return read_build(folder, REQUEST.key)


def test_an_epoch_of_five_digits_is_found_again(tmp_path: Path) -> None:
    _build(tmp_path)
    build = read_build(tmp_path, REQUEST.key)
    assert build.epochs == (0, 12345)
    assert build.state(12345).keys() == {"w"}
    assert build.scores(12345, "holdout").shape == (2, 2)


def test_scores_that_were_not_kept_are_told(tmp_path: Path) -> None:
    _build(tmp_path)
    with pytest.raises(StoreError) as error:
        read_build(tmp_path, REQUEST.key).scores(3, "prospective")
    assert str(error.value) == (
        f"Build {tmp_path.name} (k=2 float64 on cpu, replicate 1) keeps no prospective scores of epoch 3."
    )


def _tensor(kind: str, shape: list[int], size: int) -> bytes:
    header = json.dumps({"w": {"dtype": kind, "shape": shape, "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(size)


NO_TENSORS: list[tuple[bytes, str]] = [
    (_tensor("BF16", [1], 2), "numbers of the kind BF16"),
    (_tensor("F8_E4M3", [1], 1), "numbers of the kind F8_E4M3"),
    (_tensor("F64", [1] * 65, 8), "maximum supported dimension for an ndarray is currently 64, found 65"),
    (b"", "Error while deserializing: header too small"),
]


@pytest.mark.parametrize(("content", "how"), NO_TENSORS, ids=[how[:30] for _, how in NO_TENSORS])
def test_what_holds_no_tensors_is_told(tmp_path: Path, content: bytes, how: str) -> None:
    build = _resealed(_build(tmp_path), "state-0000.safetensors", content)
    with pytest.raises(StoreError) as error:
        build.state(0)
    assert str(error.value).startswith(
        f"Build {tmp_path} was altered: state-0000.safetensors holds no tensors ({how}); restore"
    )


def _questions(build: Build) -> list[Callable[[], object]]:
    return [
        lambda: build.state(0),
        lambda: build.vector(0),
        lambda: build.scores(0, "holdout"),
        lambda: build.scores(0, "prospective"),
        build.trajectory,
        build.roster,
    ]


def _arrays() -> st.SearchStrategy[Arrays]:
    kinds = st.sampled_from(["f8", "f4", "i8", "u8", "?", "u1"])
    shapes = st.lists(st.sampled_from([0, 1, 2, 3, 256]), max_size=3)
    array = st.builds(lambda kind, shape: np.ones(shape, dtype=kind), kinds, shapes)
    names = ["w", "v", "0000/holdout", "0000/prospective", "sides_of", "moments", "units/a", "passed/a", "variances/b"]
    names += list(Trajectory.__dataclass_fields__)
    return st.dictionaries(st.sampled_from(names), array, max_size=4)


_CASES = {"problem": "p", "classes": ["a", "b"], "target": "a", "holdout_cases": [], "prospective_cases": []}
_CONTENTS = st.one_of(
    st.binary(max_size=64),
    _arrays().map(save),
    st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists, max_leaves=4).map(
        lambda value: json.dumps({**_CASES, "holdout_cases": value}).encode()
    ),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = _build(tmp_path_factory.mktemp("whole"))
    return folder, {path.name: path.read_bytes() for path in folder.iterdir()}


@given(name=st.sampled_from(NAMES), content=_CONTENTS, changed=_arrays())
@example(name="trajectory.safetensors", content=save({"losses": np.array(1.0)}), changed={})
@example(name="detail.safetensors", content=save({"units/a": np.ones(0, dtype=np.int64)}), changed={})
@example(name="cases.json", content=b"[" * 100_000, changed={})
def test_whatever_stands_in_a_file_is_answered_or_refused_in_words(
    whole: tuple[Path, dict[str, bytes]], name: str, content: bytes, changed: Arrays
) -> None:
    folder, files = whole
    for each, written in files.items():
        (folder / each).write_bytes(written)
    if changed and name in files and name.endswith("safetensors"):
        content = save({**tensors_of(files[name]), **changed})
    build = _resealed(folder, name, content)
    for question in _questions(build):
        with suppress(StoreError):
            question()
