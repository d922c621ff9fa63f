"""Builds that a command trained: its artefacts as a build, and whether such a build agrees with itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longcon.builds.build import Build
from longcon.builds.build_writer import Contents, write_contents
from longcon.builds.command_log import with_log
from longcon.builds.request import BuildRequest
from longcon.errors import BuildError
from longcon.measures.scores import SUM_SLACK
from longcon.problems import ProblemData
from longcon.training import Snapshot

# A command has no epochs that longcon could see: what it leaves is the state after the only one.
ONLY_EPOCH = 1


def harvest(out: Path, data: ProblemData, log: str, *, parameters: bool) -> Snapshot:
    """Returns what a command left.

    Args:
        out: the folder that it wrote in.
        data: the cases and classes.
        log: the end of its log, for errors.
        parameters: whether it must have left parameters; where it need not, none are looked for.

    Raises:
        BuildError: something is missing or cannot be used; the text quotes the end of the log.
    """
    # Imported where it is used: processes that train a model do not wait for readers of tables.
    from longcon.builds.command_artefacts import read_parameters, read_scores  # noqa: PLC0415

    try:
        cases = [*data.holdout_cases, *data.prospective_cases]
        scores = read_scores(out, cases, data.classes)
        _require_sums(scores, cases)
        state = read_parameters(out) if parameters else {}
        if state is None:
            raise BuildError(
                "The command left no parameters.safetensors, but the protocol says parameters = true: "
                "write them, or say false."
            )
    except BuildError as error:
        raise with_log(error, log) from error
    held = len(data.holdout_cases)
    return Snapshot(state, np.ascontiguousarray(scores[:held]), np.ascontiguousarray(scores[held:]))


def write_command_build(
    folder: Path,
    request: BuildRequest,
    snapshot: Snapshot,
    data: ProblemData,
    log: str,
    *,
    fingerprint: Mapping[str, object],
    run: str,
    started: str,
    seconds: float,
) -> None:
    """Writes what a command left as a build, with the end of its log.

    Args:
        folder: empty.
        request: what was asked for.
        snapshot: what came of it.
        data: the hold-out's labels.
        log: the end of its log.
        fingerprint: of the device, taken in its environment.
        run: identifier of the run that asked.
        started: when, UTC, ISO 8601.
        seconds: how long it took.
    """
    contents = Contents({ONLY_EPOCH: snapshot}, data.roster, {"log.txt": log.encode()})
    write_contents(
        folder,
        request,
        contents,
        {
            "fingerprint": dict(fingerprint),
            "settings": {},
            "run": run,
            "started": started,
            "seconds": seconds,
            "resumed_at": [],
            "best_epoch": ONLY_EPOCH,
            "history": [{"epoch": ONLY_EPOCH, "holdout_error": _error(snapshot.holdout, data)}],
        },
    )


def faults_of_command_build(build: Build, data: ProblemData) -> Iterator[str]:
    """Yields what in a command's build contradicts the rest of it; its scores cannot be computed again."""
    parts = {"holdout": data.holdout_cases, "prospective": data.prospective_cases}
    for cohort, cases in parts.items():
        scores = build.scores(ONLY_EPOCH, cohort)
        shape = (len(cases), len(data.classes))
        if scores.shape != shape:
            yield f"its {cohort} scores have shape {scores.shape}, but {shape} belong to the data"
            return
        # Written so that NaN is none either.
        wrong = ~((scores >= 0) & (scores <= 1)).all(axis=1)
        if wrong.any():
            yield f"its {cohort} scores of {cases[int(np.argmax(wrong))]} are not numbers from 0 to 1"
            return
    history = build.manifest["history"]
    error = _error(build.scores(ONLY_EPOCH, "holdout"), data)
    if build.best_epoch != ONLY_EPOCH or [entry["epoch"] for entry in history] != [ONLY_EPOCH]:
        yield "its history is not that of a command"
    elif history[0]["holdout_error"] != error:
        yield f"its history says a hold-out error of {history[0]['holdout_error']:.4f}, but its scores make {error:.4f}"


def _require_sums(scores: NDArray[np.float64], cases: Sequence[str]) -> None:
    """Checks that scores are those of Definition 1 (paper, Section II-B)."""
    sums = scores.sum(axis=1)
    astray = np.flatnonzero(np.abs(sums - 1.0) > SUM_SLACK)
    if len(astray):
        raise BuildError(
            f"The scores of case '{cases[astray[0]]}' sum to {sums[astray[0]]:.6g}: write scores that sum to 1, such "
            "as probabilities."
        )


def _error(scores: NDArray[Any], data: ProblemData) -> float:
    return float((scores.argmax(axis=1) != data.holdout_labels).mean())
