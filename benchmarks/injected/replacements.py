"""kill -9 at random moments, of processes that put builds in their place: trained anew, or imported."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.injected.kills import Killing, in_lanes, killed_after, seconds_of
from benchmarks.injected.reading import trained
from benchmarks.injected.tally import Tally
from longcon.builds import Build, BuildRequest, Store
from longcon.builds.adoption import adopt, staging
from longcon.builds.archive import write_archive
from longcon.builds.archive_reader import opened_archive
from longcon.builds.files import write_file
from longcon.draws import Draws

# Builds that a process puts in their place before it is killed, at most.
_PUBLISHED = 2


def killed_in_replacing(killing: Killing) -> Tally:
    """Kills processes that put a build in the place of one that is there; one of them must be there afterwards."""
    return in_lanes("kill -9 while a build is replaced", _replace, killing)


def killed_in_importing(killing: Killing) -> Tally:
    """Kills processes that import a build, and imports it; it must be there then, and nothing that was left."""
    return in_lanes("kill -9 while a build is imported", _import, killing)


def _replace(killing: Killing, tally: Tally) -> Tally:
    request, written = killing.training.request, trained(killing.uncut)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "store")
        longest = _PUBLISHED * seconds_of(lambda number: _replaced(root, str(number), killing))
        for moment in _moments(killing, longest):
            killed_after(moment, partial(_replace_for_ever, root, killing))
            tally.add_reading(partial(_looked_up, root, request), written, f"killed after {moment:.4f} s")
    return tally


def _import(killing: Killing, tally: Tally) -> Tally:
    key, written = killing.uncut.folder.name, trained(killing.uncut)
    with tempfile.TemporaryDirectory() as place:
        archive = Path(place, "builds.tar")
        write_archive(archive, [(key, killing.uncut.folder, None)])
        longest = seconds_of(lambda number: imported(archive, Path(place, f"first-{number}")))
        for moment in _moments(killing, longest):
            again = partial(imported, archive, Path(place, str(tally.tried)))
            killed_after(moment, again)
            tally.add_reading(partial(_imported_again, again), written, f"killed after {moment:.4f} s")
    return tally


def _moments(killing: Killing, longest: float) -> Iterator[float]:
    draws = Draws(killing.seed, "moments")
    return (longest * float(draws.uniform(1)[0]) for _ in range(killing.kills))


def _replace_for_ever(root: Path, killing: Killing) -> None:
    for run in itertools.count():
        _replaced(root, f"{os.getpid()}-{run}", killing)


def _replaced(root: Path, run: str, killing: Killing) -> Build:
    return Store(root, run).obtain(killing.training.request, partial(_copy, killing.uncut), fresh=True)


def imported(archive: Path, root: Path) -> Build:
    """Imports the only build of an archive into a store and returns it from there."""
    store = Store(root, "import")
    with opened_archive(archive) as opened, staging(store) as place:
        (unpacked,) = opened.unpack(place)
        adopt(store, [unpacked])
    if list(root.glob("builds/.*")):
        raise RuntimeError("something was left")
    return store.read(unpacked.key)


def _looked_up(root: Path, request: BuildRequest) -> object:
    return trained(Store(root, "look").obtain(request, _is_lost))


def _imported_again(again: Callable[[], Build]) -> object:
    return trained(again())


def _copy(build: Build, folder: Path) -> None:
    """Writes a build anew, as the process that trained it did: the manifest last."""
    for name in (*build.manifest["files"], "manifest.json"):
        write_file(folder / name, (build.folder / name).read_bytes())


def _is_lost(_: Path) -> None:
    raise RuntimeError("the build was to be trained again")
