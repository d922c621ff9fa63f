"""Adoption: builds that were trained elsewhere enter a store, all of them or none, and replace nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from longcon.builds.archive_reader import Unpacked
from longcon.builds.build import Build, read_build
from longcon.builds.files import publish_folder, unwritable, write_file
from longcon.builds.provenance import Provenance, write_provenance
from longcon.builds.request import canonical_json
from longcon.builds.store import Store
from longcon.errors import StoreError

# Whoever only looks a build up holds its lock for less; who trains it, for hours.
_PATIENCE = 10.0


@contextmanager
def staging(store: Store) -> Iterator[Path]:
    """Makes an empty folder in a store for builds that are yet to be verified, and removes it in the end.

    One process at a time has it. What a killed one left is removed first.

    Raises:
        StoreError: the store cannot be written, or another process is importing builds into it.
    """
    place = store.root / "builds" / ".import"
    with _held(store, "import", "Another import is under way"):
        shutil.rmtree(place, ignore_errors=True)
        try:
            place.mkdir()
        except OSError as error:
            raise unwritable(place, error) from error
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def adopt(store: Store, builds: Sequence[Unpacked], provenance: Provenance | None = None) -> tuple[bool, ...]:
    """Moves verified builds into a store and returns which of them were new to it.

    A build that is there already is kept, whole as it is; its signature is added where there was none. A kill half-way
    leaves whole builds, and the same import adds the others.

    Args:
        store: the builds were unpacked into a folder of it.
        builds: none twice.
        provenance: where they come from, kept with those that are new; None for this store's own.

    Raises:
        StoreError: the store holds another training or signature of a build, or one that was altered, or cannot be
            written; nothing was added.
    """
    with ExitStack() as locks:
        for key in sorted(build.key for build in builds):
            locks.enter_context(_held(store, key, f"Build {key} is being trained or written"))
        new = tuple(_is_new(store, build) for build in builds)
        signatures = [moved for build in builds if (moved := _new_signature(store, build)) is not None]
        for build, is_new in zip(builds, new, strict=True):
            if is_new and provenance is not None:
                # First: a build without it would pass for one of this machine's. A record without a build is none.
                write_provenance(store.root, build.key, provenance)
        _publish(store, [build for build, is_new in zip(builds, new, strict=True) if is_new], signatures)
    return new


def _held(store: Store, name: str, why: str) -> AbstractContextManager[None]:
    busy = f"{why} in {store.root}: import again when that has ended."
    return store.holding(name, patience=_PATIENCE, busy=busy)


def _is_new(store: Store, build: Unpacked) -> bool:
    folder = _folder(store, build)
    if not os.path.lexists(folder):
        return True
    there = read_build(folder, build.key)
    said, offered = (dict(each.manifest["files"]) for each in (there, build.build))
    if _digest(there) != _digest(build.build):
        apart = sum(said.get(name) != offered.get(name) for name in {*said, *offered})
        how = f"{apart} of its files differ" if apart else "with the same files"
        raise StoreError(f"{store.root} holds another training of build {build.key}, {how}: give another --store.")
    for name, digest in said.items():
        _require_whole(folder, name, digest)
    return False


def _require_whole(folder: Path, name: str, digest: str) -> None:
    try:
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(
            f"Build {folder} was altered: {name} cannot be read ({error.strerror}); delete it and import it again."
        ) from error
    if found != digest:
        raise StoreError(
            f"Build {folder} was altered: the bytes of {name} are not those of its manifest; "
            "delete it and import it again."
        )


def _new_signature(store: Store, build: Unpacked) -> tuple[Path, Path] | None:
    """Returns where a signature is and where it goes; None where there is none to be added."""
    if build.signature is None:
        return None
    path = store.root / "signatures" / f"{build.key}.json"
    if not os.path.lexists(path):
        return build.signature, path
    try:
        is_same = path.read_bytes() == build.signature.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}): give rights there, or another --store.") from error
    if not is_same:
        raise StoreError(
            f"{store.root} holds another signature of build {build.key}: move {path} elsewhere, or give "
            "another --store."
        )
    return None


def _publish(store: Store, new: Sequence[Unpacked], signatures: Sequence[tuple[Path, Path]]) -> None:
    try:
        for build in new:
            publish_folder(build.build.folder, _folder(store, build))
        for aside, path in signatures:
            write_file(path, aside.read_bytes())
    except BaseException:
        # All of them were absent before, and their locks are held.
        for build in new:
            shutil.rmtree(_folder(store, build), ignore_errors=True)
        for _, path in signatures:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _folder(store: Store, build: Unpacked) -> Path:
    return store.root / "builds" / build.key


def _digest(build: Build) -> bytes:
    return hashlib.sha256(canonical_json(dict(build.manifest))).digest()
