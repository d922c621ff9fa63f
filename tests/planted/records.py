"""Builds whose records are wrong: manifests, histories, trajectories, fingerprints and files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from longcon.builds import Store, read_build
from longcon.builds.coherence import require_coherent
from longcon.builds.request import BuildRequest
from longcon.checkout import Checkout
from longcon.checks import fingerprint_recorded
from longcon.training import Recipe
from reports.gate import Circumstances, objections
from tests.planted.bench import ORDER, Bench, Tensors, altered
from tests.planted.defect import NOTHING, Defect, Found, decided, refused

_TRAJECTORY = "trajectory.safetensors"
ORIGINAL = "k=2 float64 on cpu, replicate 1"
REBUILD = "k=2 float64 on cpu+order:1, replicate 1 against cpu"


def _contradicts(bench: Bench, **change: Any) -> Found:
    build = altered(bench.copy(), **change)
    return refused(lambda: require_coherent(build, bench.data, bench.epoch))


def _best_epoch(bench: Bench) -> Found:
    return _contradicts(bench, manifest=lambda told: told.update(best_epoch=2))


def _history(bench: Bench) -> Found:
    def change(told: dict[str, Any]) -> None:
        told["history"][bench.epoch - 1]["holdout_error"] = 0.0

    return _contradicts(bench, manifest=change)


def _training_loss(bench: Bench) -> Found:
    def change(told: dict[str, Any]) -> None:
        told["history"][2]["training_loss"] = 0.125

    return _contradicts(bench, manifest=change)


def _holdout_loss(bench: Bench) -> Found:
    def change(told: dict[str, Any]) -> None:
        told["history"][bench.epoch - 1]["holdout_loss"] = 0.125

    return _contradicts(bench, manifest=change)


def _fewer_steps(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        for name, values in tensors.items():
            tensors[name] = values[:-6].copy()

    return _contradicts(bench, files={_TRAJECTORY: change})


def _another_trajectory(bench: Bench) -> Found:
    other = bench.true(ORDER).trajectory().digests

    def change(tensors: Tensors) -> None:
        tensors["digests"] = other.copy()

    return _contradicts(bench, files={_TRAJECTORY: change})


def _short_trajectory(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        for name in ("losses", "gradient_norms"):
            tensors[name] = tensors[name][:-1].copy()

    return _contradicts(bench, files={_TRAJECTORY: change})


def _fingerprinted(bench: Bench, change: Callable[[dict[str, Any]], None]) -> Found:
    build = altered(bench.copy(replicate=2), manifest=change)
    return decided("LC-IQ-05", lambda: fingerprint_recorded(bench.true(), build))


def _another_fingerprint(bench: Bench) -> Found:
    other = bench.true(ORDER).manifest["fingerprint"]
    return _fingerprinted(bench, lambda told: told.update(fingerprint=dict(other)))


def _other_versions(bench: Bench) -> Found:
    return _fingerprinted(bench, lambda told: told["fingerprint"]["software"].update(torch="2.12.0"))


def _no_probes(bench: Bench) -> Found:
    return _fingerprinted(bench, lambda told: told["fingerprint"].update(probes={}))


def _edited_manifest(bench: Bench) -> Found:
    path = bench.copy().folder / "manifest.json"
    path.write_text(path.read_text().replace('"replicate": 1', '"replicate": 2'))
    return refused(lambda: read_build(path.parent, path.parent.name))


def _another_request(bench: Bench) -> Found:
    folder = bench.copy().folder
    renamed = folder.rename(folder.with_name("0" * 32))
    return refused(lambda: read_build(renamed, renamed.name))


def _flipped_bit(bench: Bench) -> Found:
    build = bench.copy()
    path = build.folder / bench.state
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    return refused(lambda: build.state(bench.epoch))


def _pickle(bench: Bench) -> Found:
    build = bench.copy()

    def change(told: dict[str, Any]) -> None:
        (build.folder / bench.state).write_bytes(b"\x80\x04N.")
        told["files"][bench.state] = hashlib.sha256(b"\x80\x04N.").hexdigest()

    build = altered(build, manifest=change)
    return refused(lambda: build.state(bench.epoch))


def _stale_cache(bench: Bench) -> Found:
    """The store holds builds of other code: the request of this code must not find them."""
    asked = bench.true().request
    altered(bench.copy(), manifest=lambda told: told["request"].update(code="0" * 32))
    fields = {**asked, "recipe": Recipe.of_json(asked["recipe"]), "record": tuple(asked["record"])}
    found = Store(bench.store, "run").find(BuildRequest(**fields))
    return Found(NOTHING if found else "store", ("no build answers the request",))


def _stale_build(bench: Bench) -> Found:
    stale = altered(bench.copy(), manifest=lambda told: told["request"].update(code="0" * 32))
    clean = Checkout("c" * 40)
    run = Circumstances(clean, clean, str(bench.true().request["code"]), [stale])
    told = objections(replace(bench.settings, protocol=None), (), {}, run)
    return Found("gate" if len(told) > 1 else NOTHING, told)


_RESTORE = "restore it from a copy, or delete it or give --fresh to retrain."
_CONTRADICTS = f"Build {{key}} ({ORIGINAL}) contradicts itself:"
_OLD = "likely cause: a manifest written by other code; run again with --fresh."
_SECOND = "k=2 float64 on cpu, replicate 2"

DEFECTS = (
    Defect(
        "best epoch edited",
        "the original's manifest, sealed anew",
        _best_epoch,
        "store",
        f"{_CONTRADICTS} its best epoch is 2, but the least hold-out error of its history is that of epoch 6; "
        f"{_RESTORE}",
    ),
    Defect(
        "history edited",
        "the original's manifest: no hold-out error at the released epoch",
        _history,
        "store",
        f"{_CONTRADICTS} its history says a hold-out error of 0.0000 at epoch 6, but its scores make {{number}}; "
        f"{_RESTORE}",
    ),
    Defect(
        "training loss edited",
        "the original's manifest: the training loss of its third epoch",
        _training_loss,
        "store",
        f"{_CONTRADICTS} its history says a training loss of 0.125 at epoch 3, but its steps make {{number}}; "
        f"{_RESTORE}",
    ),
    Defect(
        "hold-out loss edited",
        "the original's manifest: the hold-out loss of the released epoch",
        _holdout_loss,
        "store",
        f"{_CONTRADICTS} its history says a hold-out loss of 0.125 at epoch 6, but its scores make {{number}}; "
        f"{_RESTORE}",
    ),
    Defect(
        "a trajectory of fewer cases",
        "the original's trajectory: one step less in each epoch",
        _fewer_steps,
        "store",
        f"{_CONTRADICTS} its trajectory has 774 steps, but its recipe makes 780 of the data; {_RESTORE}",
    ),
    Defect(
        "a trajectory that does not belong to the states",
        "the original's trajectory: the rebuild's digests",
        _another_trajectory,
        "store",
        f"{_CONTRADICTS} its trajectory passes through other parameters at epoch 6 than it keeps; {_RESTORE}",
    ),
    Defect(
        "a trajectory cut short",
        "the original's trajectory: one step less",
        _short_trajectory,
        "store",
        "Build {path} was altered: trajectory.safetensors holds no trajectory of its recipe (its 779 steps do not make "
        f"6 epochs); {_RESTORE}",
    ),
    Defect(
        "a fingerprint copied from another device",
        "a replicate's manifest",
        _another_fingerprint,
        "LC-IQ-05",
        f"{_SECOND}: its fingerprint is not that of the numeric class it was asked for; {_OLD}",
    ),
    Defect(
        "software versions edited",
        "the fingerprint in a replicate's manifest",
        _other_versions,
        "LC-IQ-05",
        f"{_SECOND}: the versions in its fingerprint are not those that were asked for; {_OLD}",
    ),
    Defect(
        "an empty fingerprint",
        "the probes in a replicate's manifest",
        _no_probes,
        "LC-IQ-05",
        f"{_SECOND}: its fingerprint is empty; {_OLD}",
    ),
    Defect(
        "edited manifest",
        "the replicate's number in a manifest that is not sealed anew",
        _edited_manifest,
        "store",
        f"Build {{path}} was altered: manifest.json was edited; {_RESTORE}",
    ),
    Defect(
        "a build under another request's key",
        "the folder's name",
        _another_request,
        "store",
        f"Build {{path}} was altered: manifest.json belongs to another request; {_RESTORE}",
    ),
    Defect(
        "a byte changed on the disk",
        "the last byte of the released state",
        _flipped_bit,
        "store",
        f"Build {{path}} was altered: the bytes of state-0006.safetensors are not those of its manifest; {_RESTORE}",
    ),
    Defect(
        "a pickle in place of tensors",
        "the file of the released state, its manifest sealed anew",
        _pickle,
        "store",
        f"Build {{path}} was altered: state-0006.safetensors holds no tensors (Error while deserializing: header too "
        f"small); {_RESTORE}",
    ),
    Defect(
        "stale cache after a code change",
        "the version of longcon's code in a build's request",
        _stale_cache,
        "store",
        "no build answers the request",
    ),
    Defect(
        "a build of other code compared",
        "the version of longcon's code in a build that was compared",
        _stale_build,
        "gate",
        f"build {{key}} ({ORIGINAL}) was trained by another version of longcon's code "
        "(00000000000000000000000000000000, not {key}): run with --fresh.",
    ),
)
