"""Injects faults into a small store: kills, corruptions, processes that write at once; nothing may be lost or wrong.

    python benchmarks/faults.py --json

One line for each kind of fault: how many were tried, how many were survived (what is read afterwards is what was
written), detected (it is refused in one sentence), lost (it can neither be read nor is refused in a sentence, or what
was done has to be done again) and wrong (something else is read, without a word). The last line sums them up. The exit
code is 1 if any was lost or wrong; what was done then is told on standard error. All of it is drawn from one seed,
which the last line says; kills hit where the machine is at the time.

Manifests that are sealed again are edited where the request, the files or longcon's coherence tell it. Whoever can
write into a store can seal what nothing in a build contradicts, such as the seconds that its training took; that is
told by a signature.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

# A script's own folder is on the path, the repository's root is not.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.injected import corruptions
from benchmarks.injected.archives import corrupted_archive
from benchmarks.injected.corruptions import Damage, Damaged, corrupted
from benchmarks.injected.kills import Killing, killed_in_training
from benchmarks.injected.reading import content
from benchmarks.injected.replacements import killed_in_importing, killed_in_replacing
from benchmarks.injected.tally import FATES, Tally
from benchmarks.injected.training import SmallTraining, small_data
from benchmarks.injected.writers import written_at_once
from longcon.builds import Build, Store, worker
from longcon.builds.checkpoints import Checkpoints
from longcon.builds.coherence import require_coherent
from longcon.draws import Draws
from longcon.training import Recipe

TRAINING = SmallTraining(small_data(12), Recipe(k=4, epochs=8, widths=(5,)), (0, 1, 2, 4, 8), pause=0.01)
ANOTHER = replace(TRAINING, recipe=replace(TRAINING.recipe, seed=1))


def faults(place: Path, kills: int, corruptions_: int, seed: int) -> Iterator[Tally]:
    """Yields what became of the faults of each kind.

    Args:
        place: an empty folder.
        kills: how many while training, and as many while a build is replaced or imported.
        corruptions_: how many of a build; there are more of what lies beside it, and of an archive.
        seed: of everything that is drawn.
    """
    uncut = replace(TRAINING, between=1e9).obtain(place / "store")
    other = replace(ANOTHER, between=1e9).obtain(place / "store")
    yield killed_in_training(Killing(TRAINING, uncut, kills, seed, "fork"))
    yield killed_in_replacing(Killing(TRAINING, uncut, kills // 2, seed, "fork"))
    yield killed_in_importing(Killing(TRAINING, uncut, kills // 2, seed, "fork"))
    yield written_at_once(TRAINING, uncut, processes=8, builds=3, seed=seed)
    yield from _of_a_build(uncut, other, corruptions_, seed)
    yield from _of_what_is_beside(place, corruptions_ // 10, seed)
    yield from corrupted_archive(uncut, other, TRAINING.data, 2 * corruptions_ // 5, seed)


def _of_a_build(build: Build, other: Build, count: int, seed: int) -> Iterator[Tally]:
    store, key = Store(build.folder.parents[1], "read"), build.folder.name

    def read() -> object:
        return content(store.read(key))

    def read_coherent() -> object:
        found = store.read(key)
        require_coherent(found, TRAINING.data, build.best_epoch)
        return content(found)

    kinds: list[tuple[str, float, Damage, Callable[[], object]]] = [
        ("bit flips", 0.4, corruptions.bit_flip, read),
        ("truncations", 0.2, corruptions.truncation, read),
        ("files of one build swapped", 0.1, corruptions.swap_within, read),
        ("files of two builds swapped", 0.1, corruptions.swap_between, read),
        ("manifests edited", 0.1, corruptions.edit, read),
        ("manifests edited and sealed again", 0.05, corruptions.sealed_edit, read_coherent),
        ("values changed and sealed again", 0.05, corruptions.sealed_values, read_coherent),
    ]
    for fault, share, damage, reader in kinds:
        damaged = Damaged(_files(build.folder), _files(other.folder), build.best_epoch, Draws(seed, fault))
        yield corrupted(fault, round(share * count), build.folder, damaged, damage, reader)


def _of_what_is_beside(place: Path, count: int, seed: int) -> Iterator[Tally]:
    """Yields what becomes of a checkpoint and of the data that is kept for the training processes."""
    store, request = Store(place / "store", "beside"), TRAINING.request
    checkpoint = store.checkpoint_path(request.key)
    kept = Checkpoints(checkpoint, request.key, 0.0, print)
    _keep_a_checkpoint(checkpoint)
    data = store.data_path(request.data)
    beside: list[tuple[str, Path, Callable[[], object]]] = [
        ("checkpoint flipped or cut", checkpoint, lambda: repr(kept.read())),
        ("data flipped or cut", data, lambda: worker._data({"data": str(data)}, request).serialised()),
    ]
    for fault, path, read in beside:
        damaged = Damaged({path.name: path.read_bytes()}, {}, 0, Draws(seed, fault))
        yield corrupted(fault, count, path.parent, damaged, _flip_or_cut, read)


def _keep_a_checkpoint(path: Path) -> None:
    class _EndedError(Exception):
        pass

    def end(**message: object) -> None:
        if message.get("epoch") == 3:
            raise _EndedError

    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        try:
            replace(TRAINING, told=end).obtain(root)
        except _EndedError:
            path.parent.mkdir(parents=True)
            path.write_bytes(Store(root, "r").checkpoint_path(TRAINING.request.key).read_bytes())


def _flip_or_cut(damaged: Damaged) -> tuple[str, corruptions.Files]:
    return (corruptions.bit_flip, corruptions.truncation)[damaged.below(2)](damaged)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def main() -> int:
    """Injects and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="of everything that is drawn (default: a new one, which is printed)")
    parser.add_argument("--kills", type=int, default=100, help="while training, and as many in putting builds in place")
    parser.add_argument("--corruptions", type=int, default=1000, help="of a build, and more of the rest")
    parser.add_argument("--json", action="store_true", help="one JSON object a line (the only form there is)")
    options = parser.parse_args()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    begun, tallies = time.perf_counter(), list[Tally]()
    with tempfile.TemporaryDirectory() as place:
        for tally in faults(Path(place), options.kills, options.corruptions, seed):
            print(tally.line(), flush=True)
            tallies.append(tally)
    counts = {name: sum(getattr(tally, name) for tally in tallies) for name in ("tried", *FATES)}
    print(json.dumps({"fault": "all", **counts, "seconds": round(time.perf_counter() - begun, 1), "seed": seed}))
    for text in [text for tally in tallies for text in tally.told]:
        print(text, file=sys.stderr)
    return 1 if counts["lost"] or counts["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
