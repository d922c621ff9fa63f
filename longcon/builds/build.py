"""A build: the artefact of training one recipe on one device once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.builds.manifest import FIELDS, MANIFEST, parsed, validated
from longcon.builds.request import canonical_json, is_told_k, title_of
from longcon.builds.tensors import tensors_of
from longcon.devices import named_from
from longcon.errors import StoreError
from longcon.problems import Roster
from longcon.training import Detail, State, Trajectory, parameters_of
from longcon.training.sketch import folded

SCORES = "scores.safetensors"
TRAJECTORY = "trajectory.safetensors"
DETAIL = "detail.safetensors"
CASES = "cases.json"
_LARGEST_MANIFEST = 4 << 20


def state_file(epoch: int) -> str:
    """Returns the name of the file that holds the state at an epoch."""
    return f"state-{epoch:04d}.safetensors"


@dataclass(frozen=True)
class Build:
    """A build in its folder, its manifest already verified.

    Attributes:
        folder: where its files are.
        manifest: what is known of it; see `longcon.builds.build_writer.write_build`.
        origin: where it comes from, when the run that reads it did not have it trained: a site, or ``"reference"``.
    """

    folder: Path
    manifest: Mapping[str, Any]
    origin: str = ""

    @property
    def request(self) -> Mapping[str, Any]:
        """The request that it answers, as `BuildRequest.as_json` gives it."""
        return dict(self.manifest["request"])

    @property
    def title(self) -> str:
        """The build in words."""
        return title_of({**self.request, "device": self.device})

    @property
    def minibatch(self) -> str:
        """The minibatch to begin a sentence with, e.g. ``"k=2, "``; empty for a command that is told none."""
        return f"k={self.request['recipe']['k']}, " if is_told_k(self.request) else ""

    @property
    def device(self) -> str:
        """Name of the device that trained it, with where that is."""
        return named_from(str(self.request["device"]), self.origin)

    @property
    def replicate(self) -> int:
        """Replicate number."""
        return int(self.request["replicate"])

    @property
    def killed_after(self) -> int:
        """The epoch after which its training was killed so that another process went on with it; 0 for never."""
        return int(self.request["killed_after"])

    @property
    def numeric_class(self) -> str:
        """Digest of its device's fingerprint."""
        return str(self.request["numeric_class"])

    @property
    def best_epoch(self) -> int:
        """Epoch of its least hold-out error."""
        return int(self.manifest["best_epoch"])

    @property
    def resumed_at(self) -> tuple[int, ...]:
        """Epochs after which its training went on from a checkpoint; empty for an uninterrupted one."""
        return tuple(map(int, self.manifest["resumed_at"]))

    @property
    def epochs(self) -> tuple[int, ...]:
        """Epochs whose states it keeps."""
        states = (name for name in self.manifest["files"] if name.startswith("state-"))
        return tuple(sorted(int(name.removeprefix("state-").removesuffix(".safetensors")) for name in states))

    def state(self, epoch: int) -> State:
        """Returns the parameters at an epoch, by name, and the model's buffers behind ``buffers/``.

        Raises:
            StoreError: the epoch was not kept, or the bytes are not those of the manifest.
        """
        return self._tensors(state_file(epoch))

    def vector(self, epoch: int) -> NDArray[np.floating]:
        """Returns all parameters at an epoch as one vector, in the order of their names; no buffers.

        Raises:
            StoreError: the epoch was not kept, the build has no parameters, or the bytes are not those of the manifest.
        """
        state = parameters_of(self.state(epoch))
        if not state:
            raise StoreError(f"Build {self.folder.name} ({self.title}) keeps no parameters: its command left none.")
        return np.concatenate([state[name].ravel() for name in sorted(state)])

    def scores(self, epoch: int, cohort: str) -> NDArray[np.floating]:
        """Returns the scores, cases x classes, of ``"holdout"`` or ``"prospective"`` at an epoch.

        Raises:
            StoreError: they were not kept, or the bytes are not those of the manifest.
        """
        found = self._tensors(SCORES).get(f"{epoch:04d}/{cohort}")
        if found is None:
            raise StoreError(f"Build {self.folder.name} ({self.title}) keeps no {cohort} scores of epoch {epoch}.")
        return found

    def roster(self) -> Roster:
        """Returns which cases it scored, in the order of its scores.

        Raises:
            StoreError: the bytes are not those of the manifest, or no roster.
        """
        try:
            return Roster.of(self._content(CASES))
        except (ValueError, RecursionError) as error:
            raise altered(self.folder, f"{CASES} holds no list of cases ({error})") from error

    def trajectory(self) -> Trajectory:
        """Returns what was kept of every step, with its detail where that was asked for.

        Raises:
            StoreError: the bytes are not those of the manifest, or do not make a trajectory of the recipe.
        """
        if "command" in self.request["problem"]:
            raise StoreError(
                f"Build {self.folder.name} ({self.title}) has no trajectory: a command's steps are not seen."
            )
        epochs, name = int(self.request["recipe"]["epochs"]), TRAJECTORY
        try:
            trajectory = Trajectory.of(self._tensors(name), epochs)
            if self.request["detail"]:
                name = DETAIL
                trajectory = replace(trajectory, detail=Detail.of(self._tensors(name), folded(trajectory.sketches)))
        except (ValueError, TypeError, IndexError) as error:
            # Arrays of another shape or type than any trajectory's.
            raise altered(self.folder, f"{name} holds no trajectory of its recipe ({error})") from error
        return trajectory

    def _tensors(self, name: str) -> dict[str, NDArray[Any]]:
        try:
            return tensors_of(self._content(name))
        except ValueError as error:
            raise altered(self.folder, f"{name} holds no tensors ({error})") from error

    def _content(self, name: str) -> bytes:
        expected = self.manifest["files"].get(name)
        if expected is None:
            raise StoreError(f"Build {self.folder.name} ({self.title}) keeps no {name}: run again with --fresh.")
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise altered(self.folder, f"{name} cannot be read ({error.strerror})") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise altered(self.folder, f"the bytes of {name} are not those of its manifest")
        return content


def read_build(folder: Path, key: str) -> Build:
    """Returns the build in a folder after verifying its manifest and that it answers the request of ``key``.

    Raises:
        StoreError: the manifest is missing, was edited, or belongs to another request.
    """
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise altered(folder, "manifest.json is larger than any manifest")
        manifest = parsed(path.read_bytes())
    except (OSError, ValueError) as error:
        raise altered(folder, f"manifest.json cannot be read ({type(error).__name__})") from error
    if not isinstance(manifest, dict) or set(manifest) != FIELDS | {"digest"}:
        raise altered(folder, "manifest.json lacks fields or has strange ones")
    digest = manifest.pop("digest")
    if hashlib.sha256(canonical_json(manifest)).hexdigest() != digest:
        raise altered(folder, "manifest.json was edited")
    if hashlib.sha256(canonical_json(manifest["request"])).hexdigest()[:32] != key:
        raise altered(folder, "manifest.json belongs to another request")
    try:
        return Build(folder, validated(manifest))
    except ValueError as error:
        raise altered(folder, f"manifest.json {error}") from error


def altered(folder: Path, how: str) -> StoreError:
    """Returns the error that says how a build was altered."""
    return StoreError(
        f"Build {folder} was altered: {how}; restore it from a copy, or delete it or give --fresh to retrain."
    )
