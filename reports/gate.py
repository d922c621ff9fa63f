"""The gate: whether a run may be released, and everything that stands against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fixtures.cases import Case
from fixtures.options import Settings
from longcon.builds import Build
from longcon.checkout import Checkout
from longcon.devices import IMPORTED
from longcon.problems import KNOWN
from reports.verdict import Result, Verdict

RELEASED, NOT_RELEASED, PROVISIONAL = "released", "not released", "provisional - not for signature"


@dataclass(frozen=True)
class Decision:
    """What follows from a run.

    Attributes:
        asked: whether the run was made for a release, by ``--release``.
        verdict: on the evidence.
        objections: what else stands against a release, a sentence each.
    """

    asked: bool
    verdict: Verdict
    objections: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Everything that stands against a release: what the evidence lacks, then what the run lacks."""
        return (*self.verdict.reasons, *self.objections)

    @property
    def releasable(self) -> bool:
        """Whether nothing stands against a release."""
        return self.verdict.ok and not self.reasons

    @property
    def word(self) -> str:
        """``"released"``, ``"not released"`` or ``"provisional - not for signature"``."""
        if not self.asked:
            return PROVISIONAL
        return RELEASED if self.releasable else NOT_RELEASED

    @property
    def sentence(self) -> str:
        """The decision in one line."""
        if self.releasable:
            return f"{self.word}." if self.asked else f"{self.word}: nothing else stands against --release."
        against = f"{len(self.reasons)} reason{'s' if len(self.reasons) != 1 else ''}"
        return f"{self.word}: {against}." if self.asked else f"{self.word}: --release would be refused for {against}."

    @property
    def ok(self) -> bool:
        """Whether the run succeeds: a release that was asked for is granted, or else the verdict is a pass."""
        return self.releasable if self.asked else self.verdict.ok


@dataclass(frozen=True)
class Circumstances:
    """What a release asks of a run besides its evidence.

    Attributes:
        before: the checkout at the start of the run.
        after: the checkout at its end.
        code: version of longcon's source that the run started with.
        builds: those that were compared.
        unreadable: a sentence for every build that was compared and can no longer be read.
        protocol: SHA-256 of the protocol's bytes at the end of the run; None where there are none.
    """

    before: Checkout
    after: Checkout
    code: str
    builds: Sequence[Build]
    unreadable: Sequence[str] = ()
    protocol: str | None = None


def objections(
    settings: Settings, expected: Sequence[Case], results: Mapping[str, Result], run: Circumstances
) -> tuple[str, ...]:
    """Returns everything besides the verdict's reasons that stands against a release, a sentence each.

    Args:
        settings: of the run.
        expected: every case that must be decided.
        results: of the cases that ran, by `Case.key`.
        run: what was found besides the evidence.
    """
    return (
        *_of_the_protocol(settings, run.protocol),
        *_of_required_devices(settings, expected, results),
        *_of_the_reference(settings),
        *_of_the_checkout(run),
        *_of_the_builds(run),
    )


def _of_the_protocol(settings: Settings, protocol: str | None) -> list[str]:
    if settings.protocol is None:
        return ["no protocol was given, so nobody has set the limits before the run: give --protocol=FILE."]
    undigested = "the protocol says no digest of the data, so others could stand in for them: give digest in [problem]."
    unknown = "the protocol says no digest of the problem's code, so other code could train: give source in [problem]."
    against = [] if settings.data_digest else [undigested]
    # longcon's own problem is part of the checkout, which is held to its commit.
    against += [] if settings.source or (settings.problem in KNOWN and settings.command is None) else [unknown]
    if protocol != settings.digest:
        against.append(f"{settings.protocol} changed during the run, so it is not the protocol that ran: run again.")
    return against + [f"the run deviates from its protocol: {deviation.text}." for deviation in settings.deviations]


def _of_required_devices(settings: Settings, expected: Sequence[Case], results: Mapping[str, Result]) -> list[str]:
    """An ineffective surrogate may be missing beside an effective one; a required device may not."""
    found = []
    found += [
        f"the protocol requires '{name}' devices, which names none: name each device that must have passed."
        for name in ("all", IMPORTED)
        if name in settings.required_devices
    ]
    for case in expected:
        result = results.get(case.key)
        real = case.device is not None and case.device.surrogate is None
        if case.gating and real and result is not None and result.ineffective:
            found.append(f"{case.key}: this device computes like the original's, so it shows nothing.")
    return found


def _of_the_reference(settings: Settings) -> list[str]:
    if settings.released is None or settings.released.audit is not None:
        return []
    return [
        f"the reference {settings.released.build} was marked without an audit, so nothing shows that it may be relied "
        "on: release it by python -m longcon release BUILD --audit=FOLDER."
    ]


def _of_the_checkout(run: Circumstances) -> list[str]:
    if run.before != run.after:
        return ["the checkout changed during the run, so what ran cannot be told: run again."]
    return [run.before.fault] if run.before.fault else []


def _of_the_builds(run: Circumstances) -> list[str]:
    if not run.builds and not run.unreadable:
        return ["no build is on record, so nothing was compared: run the whole of validation/."]
    stale = [
        f"build {build.folder.name} ({build.title}) was trained by another version of longcon's code "
        f"({build.request['code']}, not {run.code}): {'take that version' if build.origin else 'run with --fresh'}."
        for build in run.builds
        if build.request["code"] != run.code
    ]
    return [*run.unreadable, *stale]
