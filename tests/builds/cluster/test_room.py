"""What longcon keeps in a worker's process, in a worker of this process."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import pytest
from distributed import LocalCluster, Status, Worker

from longcon.builds.cluster.room import Room
from tests.builds.cluster.dask_processes import until

CONTENT = b"measurements"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def worker() -> Iterator[Worker]:
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:  # type: ignore[no-untyped-call]
        yield cluster.workers[0]


@pytest.fixture
def room(worker: Worker) -> Room:
    found = Room()
    worker.loop.add_callback(found.setup, worker)
    until(lambda: "longcon" in worker.metrics, "the room")
    assert found.receive(DIGEST, "transfer", CONTENT, last=True)
    return found


@pytest.mark.slow
def test_a_worker_that_closes_keeps_nothing(worker: Worker, room: Room) -> None:
    """Its status stays there where it was told to close twice at the same moment."""
    time.sleep(6)
    assert room.holds(DIGEST)
    worker.status = Status.closing
    try:
        until(lambda: not room.holds(DIGEST), "an empty room")
    finally:
        # So that the cluster can close it.
        worker.status = Status.running
