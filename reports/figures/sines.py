"""The figures of how far builds are apart: by pair at the release, and update by update."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longcon.builds import Build
from longcon.errors import LongconError
from longcon.figures import Course, SineTable, draw_course, draw_sine_table, power_of_ten
from longcon.measures import vector_sine
from reports.figures.drawing import Drawing, drawing
from reports.record import Run


def sine_table(run: Run, k: int) -> Drawing:
    """Returns the vector sine of every pair of builds at the released epoch.

    Raises:
        LongconError: there is no rebuild.
    """
    builds, epoch = _with_a_rebuild(run, k), _released(run, k)
    tolerance = run.settings.limits.sine_tolerance
    table = SineTable(k, epoch, [build.device for build in builds], _sines(builds, epoch), tolerance)
    pairs = [
        (table.devices[row], table.devices[column], float(table.sines[row, column]))
        for row in range(len(builds))
        for column in range(row)
    ]
    largest = max(pairs, key=lambda pair: pair[2])
    above = sum(sine > tolerance for _, _, sine in pairs)
    caption = (
        f"Vector sine between the parameters of each pair of builds at the released epoch {epoch}; 0 is the same "
        f"direction, 1 a right angle. The largest, {power_of_ten(largest[2])}, is that of {largest[0]} and "
        f"{largest[1]}; {above} of {len(pairs)} pairs are above the limit of {power_of_ten(tolerance)}, set in bold "
        "with an exclamation mark."
    )
    return drawing(
        f"sine-by-pair-k{k}",
        k,
        "Vector sine by pair of devices",
        caption,
        draw_sine_table(table),
        ("device", "against", "vector sine"),
        pairs,
        few=True,
    )


def course(run: Run, k: int) -> Drawing:
    """Returns how far each rebuild is from the original, update by update.

    Raises:
        LongconError: there is no rebuild.
    """
    original, *rebuilds = _with_a_rebuild(run, k)
    own = original.trajectory()
    followed = Course(
        k,
        own.steps // int(original.request["recipe"]["epochs"]),
        _released(run, k),
        run.settings.limits.sine_tolerance,
        {build.device: own.sine(build.trajectory()) for build in rebuilds},
    )
    at = followed.released * followed.steps
    told = "; ".join(_in_words(followed, device, at) for device in followed.sines)
    caption = (
        "Vector sine between each rebuild and the original after every update, from linear sketches of the parameters "
        f"(known to 6 %). Upright line: the released epoch. Dashed line: the limit. {told}."
    )
    columns = [sines.tolist() for sines in followed.sines.values()]
    rows = [
        (update, epoch, *sines)
        for update, (epoch, *sines) in enumerate(zip(followed.epochs.tolist(), *columns, strict=True))
    ]
    return drawing(
        f"sine-by-epoch-k{k}",
        k,
        "How far the rebuilds are from the original in training",
        caption,
        draw_course(followed),
        ("updates", "epoch", *followed.sines),
        rows,
        few=False,
    )


def _in_words(followed: Course, device: str, at: int) -> str:
    sines = followed.sines[device]
    released, last = power_of_ten(float(sines[at])), power_of_ten(float(sines[-1]))
    return f"{device}: {released} at the release, {last} at the end, {_beyond(followed, sines)}"


def _beyond(followed: Course, sines: NDArray[np.float64]) -> str:
    above = np.flatnonzero(sines > followed.tolerance)
    if not above.size:
        return "never above the limit"
    return f"first above the limit in epoch {max(1, -(-int(above[0]) // followed.steps))}"


def _sines(builds: Sequence[Build], epoch: int) -> NDArray[np.float64]:
    vectors = [build.vector(epoch) for build in builds]
    sines = np.zeros((len(builds), len(builds)))
    for row in range(len(builds)):
        for column in range(row):
            sines[row, column] = sines[column, row] = vector_sine(vectors[row], vectors[column])
    return sines


def _with_a_rebuild(run: Run, k: int) -> Sequence[Build]:
    builds = run.compared(k)
    if len(builds) < 2:
        raise LongconError("No rebuild was compared with the original in this run.")
    return builds


def _released(run: Run, k: int) -> int:
    epoch = run.released_epoch(k)
    if epoch is None:
        raise LongconError("The released epoch is not known, since the original build was not compared.")
    return epoch
