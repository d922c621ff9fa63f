"""Resumption: a training that was killed and went on from its checkpoint is the one that was never interrupted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from longcon.builds import Build
from longcon.checks.identity import first_difference, identity_outcome
from longcon.checks.outcome import Outcome
from longcon.errors import BuildError

_CAUSE = (
    "the checkpoint lacks something that training on this device depends on, or an operation is nondeterministic, "
    "which LC-OQ-02 tells; report it, and give --fresh after every interruption until it is mended"
)
_SERIES = {"digests": "digests", "losses": "losses", "gradient_norms": "gradient norms"}


def resumed_training_identical(build: Build, resumed: Build) -> Outcome:
    """Decides LC-OQ-04: a resumed training has every bit of the uninterrupted one, on one device.

    States and scores are compared at every epoch that both recorded, digest, loss and gradient norm at every step up to
    the last of them.

    Args:
        build: trained without an interruption, or the build of record.
        resumed: what `Campaign.resumed` returns for the same device and k.

    Raises:
        BuildError: ``resumed`` was never resumed, answers for another device, recipe or data, or no recorded epoch lies
            after the interruption, so that nothing could differ.
    """
    _require_resumed(build, resumed)
    at = resumed.resumed_at[0]
    subject = f"{build.title} against its first epochs, resumed after epoch {at} by another process"
    epochs = sorted(set(build.epochs) & set(resumed.epochs))
    if epochs[-1] <= at:
        raise BuildError(f"{build.title} keeps no state after epoch {at}: compare builds of at least {at + 1} epochs.")
    difference = first_difference(build, resumed, epochs, scores=True)
    outcome = identity_outcome("LC-OQ-04", subject, difference, len(epochs), build, _CAUSE)
    outcome = replace(outcome, details={**outcome.details, "resumed_at": at, "resumed_build": resumed.folder.name})
    return outcome if difference else _steps(outcome, build, resumed, epochs[-1])


def _steps(outcome: Outcome, build: Build, resumed: Build, epochs: int) -> Outcome:
    """Returns an outcome of equal states after a look at every step of the first ``epochs``."""
    mine, other = build.trajectory().arrays(), resumed.trajectory().arrays()
    steps = len(other["losses"]) // int(resumed.request["recipe"]["epochs"]) * epochs
    for name, what in _SERIES.items():
        differs = np.flatnonzero(mine[name][:steps].view(np.uint64) != other[name][:steps].view(np.uint64))
        if len(differs):
            found = f"{what} differ at {len(differs):,} of {steps:,} steps, first at step {differs[0]}"
            text = f"{outcome.subject}: states are identical, but {found}; likely cause: {_CAUSE}."
            return replace(outcome, ok=False, measured=len(differs), units="differing steps", n=steps, message=text)
    text = f"{outcome.message.removesuffix('.')}, and so are digest, loss and gradient norm of each of {steps:,} steps."
    return replace(outcome, message=text)


def _require_resumed(build: Build, resumed: Build) -> None:
    if not resumed.resumed_at:
        raise BuildError(f"{resumed.title} was never resumed: compare with what Campaign.resumed returns.")
    mine, other = (_but_epochs(each) for each in (build, resumed))
    differing = [name for name in mine if mine[name] != other[name]]
    if differing:
        raise BuildError(
            f"{build.title} and {resumed.title} have another {differing[0]}: compare builds of one device and recipe."
        )


def _but_epochs(build: Build) -> dict[str, object]:
    kept = {name: build.request[name] for name in ("data", "device", "numeric_class", "code", "software")}
    return kept | {"recipe": {**build.request["recipe"], "epochs": None}}
