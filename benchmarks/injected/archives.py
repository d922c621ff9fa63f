"""Bytes that change in an archive of builds: what is read of it afterwards, if anything."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

from benchmarks.injected import corruptions
from benchmarks.injected.corruptions import MANIFEST, Damage, Damaged, Files
from benchmarks.injected.reading import content
from benchmarks.injected.tally import Tally
from longcon.builds import Build
from longcon.builds.archive_layout import END, INDEX, Member, header, index_text, padding
from longcon.builds.archive_reader import unpack
from longcon.builds.coherence import require_coherent
from longcon.draws import Draws
from longcon.problems import ProblemData

_NAME = "builds.tar"


def forged(key: str, files: Mapping[str, bytes], said: Mapping[str, bytes] | None = None) -> bytes:
    """Returns an archive of any files of one build.

    Args:
        key: of the build.
        files: by their names.
        said: the files whose digests the index names; those themselves when None, as of one that was made anew.
    """
    names = [MANIFEST, *sorted(name for name in files if name != MANIFEST)]
    told = files if said is None else said
    members = [Member(key, name, len(files[name]), hashlib.sha256(told[name]).hexdigest()) for name in names]
    index = index_text(members)
    parts = [(header(INDEX, len(index)), index)]
    parts += [(header(member.path, member.size), files[member.name]) for member in members]
    return b"".join(head + body + padding(len(body)) for head, body in parts) + END


def corrupted_archive(build: Build, other: Build, data: ProblemData, count: int, seed: int) -> Iterator[Tally]:
    """Yields what became of an archive of a build that was damaged in each way.

    Args:
        build: that is in the archive.
        other: whose files are put in the place of its own.
        data: that both were trained on.
        count: how often it is damaged in all.
        seed: of everything that is drawn.
    """
    key, files = build.folder.name, _files(build)
    whole = {_NAME: forged(key, files)}
    inside = Damaged(files, _files(other), build.best_epoch, Draws(seed, "in an archive"))

    def within(damage: Damage, *, index_anew: bool) -> Damage:
        def damaged(_: Damaged) -> tuple[str, Files]:
            what, changed = damage(inside)
            return what, {_NAME: forged(key, {**files, **changed}, None if index_anew else files)}

        return damaged

    kinds: list[tuple[str, float, Damage]] = [
        ("bit flips", 0.5, corruptions.bit_flip),
        ("truncations", 0.2, corruptions.truncation),
        ("files swapped", 0.1, within(corruptions.swap_within, index_anew=False)),
        ("files of another build, index anew", 0.1, within(corruptions.swap_between, index_anew=True)),
        ("manifests edited, index anew", 0.05, within(corruptions.edit, index_anew=True)),
        ("manifests edited, sealed and index anew", 0.05, within(corruptions.sealed_edit, index_anew=True)),
    ]
    with tempfile.TemporaryDirectory() as place:
        archive = Path(place, _NAME)
        archive.write_bytes(whole[_NAME])
        read = _reader(archive, data, build.best_epoch)
        for fault, share, damage in kinds:
            damaged = Damaged(whole, {}, build.best_epoch, Draws(seed, f"archive {fault}"))
            yield corruptions.corrupted(
                f"archive: {fault}", round(share * count), archive.parent, damaged, damage, read
            )


def _reader(archive: Path, data: ProblemData, epoch: int) -> Callable[[], object]:
    def read() -> object:
        packed = archive.read_bytes()
        with tempfile.TemporaryDirectory() as place:
            (unpacked,) = unpack(BytesIO(packed), len(packed), Path(place))
            require_coherent(unpacked.build, data, epoch)
            return content(unpacked.build)

    return read


def _files(build: Build) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in build.folder.iterdir()}
