"""The admission of workers: which of a cluster's may train, and for builds on which data they were made ready."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from longcon.builds.cluster import tasks
from longcon.builds.cluster.agreement import code_fault, device_fault, silence_fault, version_fault
from longcon.builds.cluster.connection import Connection
from longcon.builds.cluster.offers import Offer, Worker
from longcon.errors import ClusterError
from longcon.source import code_version

_PART = 32 << 20


class Admission:
    """Which workers may train: those that could train what this process would, and were not refused.

    Args:
        connection: to their scheduler.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._refused: dict[str, str] = {}
        self._about: dict[str, dict[str, Any]] = {}
        self._ready: set[tuple[str, str]] = set()
        self._lock, self._readying = threading.Lock(), threading.Lock()

    def admitted(self, workers: Sequence[Worker]) -> list[Worker]:
        """Returns workers without those that were refused."""
        return [worker for worker in workers if worker.address not in self._refused]

    def allowed(self, offer: Offer) -> list[str] | None:
        """Returns the addresses of those that builds are sent to; None where nobody was refused, for all."""
        return [worker.address for worker in self.admitted(offer.workers)] if self._refused else None

    def refuse(self, address: str, why: str) -> list[str]:
        """Keeps builds from a worker, and returns what the user should read of it; nothing if that was said before."""
        with self._lock:
            if address in self._refused:
                return []
            self._refused[address] = why
        return [f"{why} It is left out."]

    def faults(self, workers: Sequence[Worker]) -> dict[str, str]:
        """Returns why workers cannot train what this process would, by address; nothing of those that can.

        Raises:
            ClusterError: the scheduler has gone.
        """
        if not workers:
            return {}
        own, _, theirs = self._connection.versions()
        found = {}
        for worker in workers:
            if worker.address in theirs and (fault := version_fault(worker, own, theirs[worker.address])):
                found[worker.address] = fault
        alike = [worker for worker in workers if worker.address not in found]
        answers = self._connection.ask(tasks.about, workers=[worker.address for worker in alike]) if alike else {}
        for worker in alike:
            if (fault := self._fault(worker, answers.get(worker.address))) is not None:
                found[worker.address] = fault
        return found

    def make_ready(self, workers: Sequence[Worker], digest: str, data: Path) -> list[str]:
        """Makes workers ready for builds on some data, unless they are, and refuses those that cannot train.

        Args:
            workers: some of those that offer a device.
            digest: SHA-256 of the data.
            data: their file.

        Returns:
            What the user should read of it.

        Raises:
            ClusterError: the scheduler has gone, or a worker cannot take the data.
        """
        with self._readying:
            new = [worker for worker in workers if (worker.address, digest) not in self._ready]
            found = self.faults([worker for worker in new if worker.address not in self._about])
            notes = [note for address, why in found.items() for note in self.refuse(address, why)]
            new = [worker for worker in new if worker.address not in found]
            holds = self._connection.ask(tasks.enter, digest, workers=[worker.address for worker in new]) if new else {}
            # What is neither has gone meanwhile.
            self._send(digest, data, [address for address, answer in holds.items() if answer is False])
            self._ready |= {(address, digest) for address, answer in holds.items() if isinstance(answer, bool)}
            return notes

    def forget(self, address: str) -> None:
        """Forgets that a worker was ready: it was, and is not any more."""
        with self._readying:
            self._ready = {(other, digest) for other, digest in self._ready if other != address}
            self._about.pop(address, None)

    def lacks(self, worker: Worker, instructions: str) -> bool:
        """Whether a worker's processor is known to lack instructions, as PyTorch calls them."""
        about = self._about.get(worker.address)
        return about is not None and not about["capabilities"].get(instructions, False)

    def _fault(self, worker: Worker, answer: Any) -> str | None:
        if isinstance(answer, dict):
            self._about[worker.address] = answer
            return code_fault(worker, code_version(), str(answer["code"])) or device_fault(
                worker, str(answer["torch"]), int(answer["gpus"])
            )
        if all(other.address != worker.address for other in self._connection.workers()):
            return None  # it has gone
        return silence_fault(worker, answer)

    def _send(self, digest: str, data: Path, addresses: Sequence[str]) -> None:
        if not addresses:
            return
        transfer, left = uuid.uuid4().hex, data.stat().st_size
        with data.open("rb") as file:
            while part := file.read(_PART):
                left -= len(part)
                said = self._connection.ask(tasks.receive, digest, transfer, part, left <= 0, workers=addresses)
                for address, answer in said.items():
                    if isinstance(answer, dict) and "error" in answer:
                        raise ClusterError(
                            f"Worker {self._connection.label(address)} cannot take the data: {answer['error']}"
                        )
