"""What a run leaves to be recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fixtures.cases import Case
from fixtures.options import Settings
from longcon.builds import Build
from longcon.checkout import Checkout
from longcon.devices import Device
from longcon.problems import ProblemData
from reports.gate import Decision
from reports.verdict import Result


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        settings: that steered it.
        data: what builds were trained and judged on.
        digest: of the data.
        expected: every case that had to be decided.
        results: of the cases that ran, by `Case.key`.
        strange: failures outside the cases.
        decision: what follows.
        builds: those that were compared.
        unreadable: a sentence for every build that was compared and can no longer be read.
        before: the checkout at its start.
        after: the checkout at its end.
        started: UTC, ISO 8601.
        ended: UTC, ISO 8601.
        command: the command line.
        interrupted: whether it was ended before all its tests had run.
    """

    settings: Settings
    data: ProblemData
    digest: str
    expected: Sequence[Case]
    results: Mapping[str, Result]
    strange: Sequence[str]
    decision: Decision
    builds: Sequence[Build]
    unreadable: Sequence[str]
    before: Checkout
    after: Checkout
    started: str
    ended: str
    command: Sequence[str]
    interrupted: bool = False

    @cached_property
    def _by_request(self) -> dict[tuple[int, str, int], Build]:
        return {(int(build.request["recipe"]["k"]), build.device, build.replicate): build for build in self.builds}

    def build(self, device: Device, k: int) -> Build | None:
        """Returns a device's build, replicate 1; None where none was compared."""
        return self._by_request.get((k, device.name, 1))

    def original(self, k: int) -> Build | None:
        """Returns the original build; None where none was compared."""
        return self.build(self.settings.devices[0], k)

    def compared(self, k: int) -> tuple[Build, ...]:
        """Returns the original and its rebuilds, those left out that emulate no device; empty without an original."""
        devices = [d for d in self.settings.devices if not d.is_another_computation(self.settings.arithmetic)]
        found = [self.build(device, k) for device in devices]
        if not found or found[0] is None:
            return ()
        return tuple(build for build in found if build is not None)

    def released_epoch(self, k: int) -> int | None:
        """Returns the epoch whose state is released; None where the original build, which finds it, is not there."""
        release, original = self.settings.release, self.original(k)
        if release == "last":
            return self.settings.recipes[0].epochs
        if release == "best":
            return original.best_epoch if original is not None else None
        return int(release)
