"""References: what a mark says of a build, and that it is held against the build whenever it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from longcon.builds import Campaign, Store, read_build
from longcon.builds.build import Build
from longcon.builds.build_writer import seal
from longcon.builds.holdout import holdout_cutoff
from longcon.builds.provenance import reference_path
from longcon.builds.reference import (
    Reference,
    default_epoch,
    manifest_digest,
    mark,
    read_reference,
    references,
)
from longcon.checks import cutoff_of
from longcon.errors import CutoffError, StoreError
from longcon.problems import ProblemData
from tests.builds.small_builds import told_otherwise
from tests.commands.shelf import build_of, shelve

NOW = datetime(2026, 1, 2, 4, 4, 5, 999999, timezone(timedelta(hours=1)))
AUDIT = "a" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", "run")


@pytest.fixture
def build(store: Store) -> Build:
    return build_of(store.root, shelve(store.root))


def test_a_mark_says_what_was_released(store: Store, build: Build) -> None:
    reference, is_new = mark(store, build, 1, operator="A. Technician", audit=AUDIT, now=NOW)
    assert is_new
    assert reference == Reference(
        build=build.folder.name,
        manifest=manifest_digest(build),
        epoch=1,
        tau=0.6,
        target="a",
        marked="2026-01-02T03:04:05+00:00",
        operator="A. Technician",
        audit=AUDIT,
    )
    assert references(store.root) == (build.folder.name,)
    assert read_reference(store.root, build) == reference
    kept = json.loads(reference_path(store.root, build.folder.name).read_bytes())
    assert kept.keys() == {"format", "digest", *asdict(reference)}


def test_a_trained_build_is_marked_at_the_tau_of_the_checks(
    trained: Campaign, copied_store: Path, problem: ProblemData
) -> None:
    original = trained.build(trained.original_device, 2, 1)
    key, epoch = original.folder.name, original.best_epoch
    build = read_build(copied_store / "builds" / key, key)
    assert default_epoch(build) == epoch
    reference, _ = mark(Store(copied_store, "run"), build, epoch, now=NOW)
    assert reference.tau == cutoff_of(original, epoch, problem).tau
    assert (reference.operator, reference.audit) == ("not stated", None)
    assert read_reference(copied_store, build) == reference


def test_the_same_mark_again_keeps_the_first(store: Store, build: Build) -> None:
    first, _ = mark(store, build, 1, now=NOW)
    content = reference_path(store.root, build.folder.name).read_bytes()
    assert mark(store, build, 1, now=datetime(2027, 1, 1, tzinfo=UTC)) == (first, False)
    assert reference_path(store.root, build.folder.name).read_bytes() == content


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"epoch": 2}, "epoch 1, now 2"),
    ({"operator": "B"}, "operator A, now B"),
    ({"audit": None}, f"audit {AUDIT}, now None"),
]


@pytest.mark.parametrize(("other", "told"), OTHERS, ids=[next(iter(other)) for other, _ in OTHERS])
def test_another_mark_is_refused(store: Store, build: Build, other: dict[str, Any], told: str) -> None:
    asked: dict[str, Any] = {"epoch": 1, "operator": "A", "audit": AUDIT, "now": NOW}
    mark(store, build, **asked)
    path = reference_path(store.root, build.folder.name)
    before = path.read_bytes()
    with pytest.raises(StoreError) as error:
        mark(store, build, **{**asked, **other})
    assert str(error.value) == (
        f"Build {build.folder.name} ({build.title}) is marked otherwise ({told}): delete {path} to mark it anew."
    )
    assert path.read_bytes() == before


def test_of_those_who_mark_at_once_one_wins(tmp_path: Path, build: Build) -> None:
    def marked(operator: str) -> str:
        store = Store(tmp_path / "store", operator)
        try:
            return mark(store, build, 1, operator=operator, now=NOW)[0].operator
        except StoreError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        winners = [operator for operator in pool.map(marked, "ABCDEFGH") if operator]
    assert winners == [read_reference(tmp_path / "store", build).operator]


NO_ORIGINALS: list[tuple[dict[str, Any], str]] = [
    ({"replicate": 2}, "is replicate 2"),
    ({"killed_after": 1}, "was killed on purpose and resumed"),
    ({"rebuild_of": "0" * 32}, f"is a rebuild of reference {'0' * 32}"),
]


@pytest.mark.parametrize(("request_", "why"), NO_ORIGINALS, ids=[next(iter(asked)) for asked, _ in NO_ORIGINALS])
def test_only_an_original_is_released(store: Store, request_: dict[str, Any], why: str) -> None:
    build = build_of(store.root, shelve(store.root, **request_))
    with pytest.raises(StoreError) as error:
        mark(store, build, 1, now=NOW)
    assert str(error.value) == (
        f"Build {build.folder.name} ({build.title}) {why}, trained to be compared: release an original build."
    )
    assert references(store.root) == ()


def test_the_epoch_must_be_kept(store: Store, build: Build) -> None:
    with pytest.raises(StoreError, match=re.escape(f"({build.title}) keeps no epoch 3: give one of 0, 1, 2.")):
        mark(store, build, 3, now=NOW)


def test_without_a_cut_off_nothing_is_marked(store: Store) -> None:
    build = build_of(store.root, shelve(store.root, holdout=(0.1, 0.2, 0.9, 0.8)))
    with pytest.raises(CutoffError, match=r"^No cut-off has precision 1 on the hold-out, since case 2"):
        mark(store, build, 1, now=NOW)
    assert references(store.root) == ()


@pytest.mark.parametrize(("keep_best", "epoch"), [(True, 1), (False, 2)])
def test_the_best_epoch_is_released_where_it_was_looked_for(store: Store, keep_best: bool, epoch: int) -> None:
    assert default_epoch(build_of(store.root, shelve(store.root, keep_best=keep_best))) == epoch


def test_a_build_that_is_not_marked(store: Store, build: Build) -> None:
    key = build.folder.name
    with pytest.raises(StoreError) as error:
        read_reference(store.root, build)
    assert str(error.value) == (
        f"Build {key} ({build.title}) is no reference: mark it, python -m longcon release {key}."
    )


def _sealed(**changes: Any) -> Callable[[Path, Build], None]:
    def change(path: Path, _: Build) -> None:
        said = json.loads(path.read_bytes())
        del said["digest"]
        path.write_bytes(seal({**said, **changes}))

    return change


def _edited(path: Path, _: Build) -> None:
    path.write_bytes(path.read_bytes().replace(b'"epoch": 1', b'"epoch": 2'))


def _retrained(_: Path, build: Build) -> None:
    told_otherwise(build.folder, lambda manifest: manifest.update(run="run-2"))


def _linked(path: Path, _: Build) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


STRANGE = "longcon writes no such mark"
DAMAGE: list[tuple[str, Callable[[Path, Build], object], str]] = [
    ("edited", _edited, "it was edited"),
    ("no JSON", lambda path, _: path.write_bytes(b"{"), "it cannot be read (JSONDecodeError)"),
    ("no text", lambda path, _: path.write_bytes(b"\xff\x00{"), "it cannot be read (UnicodeDecodeError)"),
    (
        "deep",
        lambda path, _: path.write_bytes(b"[" * 50_000),
        "it cannot be read (RecursionError)",
    ),
    ("no object", lambda path, _: path.write_bytes(b"[]"), "it holds no mark"),
    ("no number", lambda path, _: path.write_bytes(b'{"tau": NaN}'), "it cannot be read (ValueError)"),
    ("large", lambda path, _: path.write_bytes(b" " * (1 << 17)), "it is no plain file of a mark's size"),
    ("link", _linked, "it is no plain file of a mark's size"),
    ("another build's", _sealed(build="0" * 32), f"it marks build '{'0' * 32}'"),
    ("another training's", _retrained, "it marks another training of this build"),
    ("epoch not kept", _sealed(epoch=7), "epoch 7, which it releases, is not kept"),
    ("another tau", _sealed(tau=0.5), "its tau is 0.5, but the hold-out gives 0.6 at epoch 1"),
    ("another target", _sealed(target="b"), "its target is 'b', not that of the build"),
    ("another format", _sealed(format=2), STRANGE),
    ("one field more", _sealed(note=""), STRANGE),
    ("epoch no number", _sealed(epoch=True), STRANGE),
    ("tau no fraction", _sealed(tau=1), STRANGE),
    ("audit no digest", _sealed(audit="audit"), STRANGE),
    ("obeyed by a terminal", _sealed(operator="\x1b[2J"), STRANGE),
]


@pytest.mark.parametrize(("damage", "how"), [case[1:] for case in DAMAGE], ids=[case[0] for case in DAMAGE])
def test_a_mark_that_does_not_hold_is_refused(
    store: Store, build: Build, damage: Callable[[Path, Build], object], how: str
) -> None:
    mark(store, build, 1, now=NOW)
    path = reference_path(store.root, build.folder.name)
    damage(path, build)
    there = build_of(store.root, build.folder.name)
    # The same where it would be marked again: nothing is written over it.
    for read in (lambda: read_reference(store.root, there), lambda: mark(store, there, 1, now=NOW)):
        with pytest.raises(StoreError) as error:
            read()
        assert str(error.value) == (f"Reference {path} does not hold: {how}; delete it, and release the build again.")


def test_marks_are_listed_by_their_names_alone(store: Store) -> None:
    assert references(store.root) == ()
    (store.root / "references").mkdir()
    for name in (f"{'1' * 32}.json", f"{'0' * 32}.json", f".{'2' * 32}.json.0", "notes.json", f"{'3' * 32}.txt"):
        (store.root / "references" / name).touch()
    assert references(store.root) == ("0" * 32, "1" * 32)


def test_scores_of_other_cases_give_no_tau(store: Store) -> None:
    build = build_of(store.root, shelve(store.root, holdout=(0.9, 0.6, 0.3)))
    with pytest.raises(StoreError, match=r"its holdout scores have shape \(3, 2\), which is not that of its cases"):
        holdout_cutoff(build, 1)
