"""Builds of other places and other times: imported ones, and the released reference of a rebuild."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from longcon.builds.build import Build
from longcon.devices import IMPORTED, Device, device_elsewhere
from longcon.errors import BuildError, DeviceError, StoreError, did_you_mean
from longcon.training import Recipe


class Elsewhere:
    """Builds that a run compares and does not train.

    Args:
        builds: each with its origin.
    """

    def __init__(self, builds: Sequence[Build] = ()) -> None:
        self._builds = tuple(builds)

    @property
    def builds(self) -> tuple[Build, ...]:
        """All of them."""
        return self._builds

    @property
    def devices(self) -> tuple[Device, ...]:
        """The devices that trained them: by origin, those that emulate none first."""
        found = {device_elsewhere(str(b.request["device"]), b.origin) for b in self._builds if not b.killed_after}
        return tuple(sorted(found, key=lambda one: (one.origin, one.surrogate is not None, one.name)))

    def of(self, names: Sequence[str]) -> Elsewhere:
        """Returns those of named devices; of all where ``imported`` is among the names.

        Raises:
            StoreError: a device has no build here, or nothing is here at all.
        """
        known = [device.name for device in self.devices]
        if not known:
            raise StoreError(
                "No imported build is one to compare with: export all builds of the other machine, and import them."
            )
        if IMPORTED in names:
            return self
        for name in names:
            if name not in known:
                raise StoreError(
                    f"No imported build is of device '{name}'{did_you_mean(name, known)}: give {', '.join(known)} or "
                    f"{IMPORTED}, or import its builds."
                )
        return Elsewhere([build for build in self._builds if build.device in names])

    def find(self, device: Device, k: int, replicate: int, released: int | None) -> Build:
        """Returns a device's build.

        Args:
            device: one of `devices`.
            k: cases in its minibatches.
            replicate: its number there.
            released: the epoch whose state it must keep; None for its own best one.

        Raises:
            BuildError: there is none, or it keeps no such state.
        """
        there = [b for b in self._of(device, k) if b.replicate == replicate and not b.killed_after]
        if not there:
            raise BuildError(
                f"No build of k={k} on {device.name}, replicate {replicate}, was imported: export it there, and import "
                "it here."
            )
        kept = [build for build in there if (build.best_epoch if released is None else released) in build.epochs]
        if not kept:
            epoch = there[0].best_epoch if released is None else released
            raise BuildError(
                f"{there[0].title} keeps no state of epoch {epoch}, which is released, but of "
                f"{', '.join(map(str, there[0].epochs))}: train it there with --release-epoch={epoch}."
            )
        return kept[0]

    def resumed(self, device: Device, k: int) -> Build:
        """Returns the training that a device was made to go on with after a kill.

        Raises:
            BuildError: there is none.
        """
        found = next((build for build in self._of(device, k) if build.killed_after), None)
        if found is None:
            raise BuildError(
                f"No resumed training of k={k} on {device.name} was imported: export all builds there, and import them "
                "here."
            )
        return found

    def fingerprint(self, device: Device, k: int) -> Mapping[str, Any]:
        """Returns the fingerprint of a device, as its builds recorded it.

        Raises:
            BuildError: it has no build of k.
        """
        build = next(iter(self._of(device, k)), None)
        if build is None:
            raise BuildError(f"No build of k={k} on {device.name} was imported: export it there, and import it here.")
        return {**build.manifest["fingerprint"], "device": device.name}

    def _of(self, device: Device, k: int) -> Iterator[Build]:
        return (b for b in self._builds if b.device == device.name and b.request["recipe"]["k"] == k)


def belonging(
    builds: Sequence[Build], data: str, recipes: Sequence[Recipe], problem: Mapping[str, object]
) -> Elsewhere:
    """Returns those imported builds that belong to a validation: of its data, its problem and its recipes.

    Args:
        builds: all that were imported, each with its origin.
        data: digest of the data.
        recipes: one for each k.
        problem: what tells its code from another's.

    Raises:
        StoreError: none does; the text says why the first does not.
    """
    if not builds:
        raise StoreError("No build was imported into this store: run python -m longcon import FILE first.")
    wanted = {"data": data, "problem": dict(problem)}
    found = [b for b in builds if _foreign(b, wanted, recipes) is None]
    if not found:
        first = builds[0]
        raise StoreError(
            f"No imported build belongs to this validation: {first.title} ({first.folder.name}) is of "
            f"{_foreign(first, wanted, recipes)}: give the options or the protocol that it was trained with."
        )
    for build in found:
        _require_device(build)
    return Elsewhere(found)


def require_reference_of(build: Build, data: str, recipe: Recipe, problem: Mapping[str, object]) -> None:
    """Checks that a reference is what a run's rebuilds will be rebuilds of.

    Raises:
        StoreError: it was trained on other data, by another problem or by another recipe; the text says which.
    """
    why = _foreign(build, {"data": data, "problem": dict(problem)}, [recipe])
    if why is not None:
        raise StoreError(
            f"The reference {build.folder.name} ({build.title}) is of {why}: give the options or the protocol that it "
            "was trained with."
        )


def _require_device(build: Build) -> None:
    try:
        device_elsewhere(str(build.request["device"]), build.origin)
    except DeviceError as error:
        raise StoreError(f"Imported build {build.folder.name} was trained on a device that is none: {error}") from error


def _foreign(build: Build, wanted: Mapping[str, object], recipes: Sequence[Recipe]) -> str | None:
    """Returns why a build does not belong to a validation; None if it does."""
    if build.request["data"] != wanted["data"]:
        return "other data"
    # Before the problem, since what its initial values are follows from the recipe's seed.
    other = _other_recipe(build, recipes)
    if other is None and build.request["problem"] != wanted["problem"]:
        return "another problem or source"
    return other


def _other_recipe(build: Build, recipes: Sequence[Recipe]) -> str | None:
    said = Recipe.of_json(build.request["recipe"]).as_json()
    if build.killed_after:
        said["epochs"] = recipes[0].epochs
    asked = [recipe.as_json() for recipe in recipes]
    if said in asked:
        return None
    nearest = next((recipe for recipe in asked if recipe["k"] == said["k"]), None)
    if nearest is None:
        return f"another k ({said['k']})"
    apart = [name for name in nearest if said[name] != nearest[name]]
    return "another " + ", ".join(f"{name.replace('_', ' ')} ({said[name]}, not {nearest[name]})" for name in apart)
