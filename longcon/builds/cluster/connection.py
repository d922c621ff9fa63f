"""The connection to a scheduler: what longcon asks of Dask, with every failure told in one sentence."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from queue import SimpleQueue
from typing import Any

from distributed import Client, Future

from longcon.builds.cluster.address import require_listening
from longcon.builds.cluster.agreement import PACKAGES
from longcon.builds.cluster.offers import Worker
from longcon.builds.cluster.room import TOPIC
from longcon.errors import ClusterError

_CONNECTING = 10.0
# The answer may wait for PyTorch to be loaded from a file system that many share.
_ANSWERING = 300.0
# For so long what the scheduler said of its workers stands.
_FRESH = 1.0
# One that is about to close takes no more tasks.
_PRESENT = ("init", "running", "paused")
Inbox = SimpleQueue[Mapping[str, Any]]


class _Client(Client):
    """Closed where it cannot be started: Dask would do it whenever it is collected, and might wait for itself then."""

    def start(self, **given: Any) -> None:
        try:
            super().start(**given)  # type: ignore[no-untyped-call]
        except BaseException:
            with contextlib.suppress(Exception):
                self.close()  # type: ignore[no-untyped-call]
            raise


class Connection:
    """A connection to a scheduler.

    Args:
        address: of the scheduler.

    Raises:
        ClusterError: no scheduler answers there.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        _hush()
        require_listening(address)
        try:
            with warnings.catch_warnings():
                # Versions that differ are told in our words.
                warnings.simplefilter("ignore")
                client: Any = _Client
                self._client = client(address, timeout=_CONNECTING, set_as_default=False, name="longcon")
        except Exception as error:  # Dask takes another server's first bytes for a length, and asks for exabytes
            raise ClusterError(
                f"What answers at {address} is no Dask scheduler, or one of another version or security "
                f"({type(error).__name__}): give the address that dask scheduler prints."
            ) from None
        self._lock = threading.Lock()
        self._inboxes: dict[str, Inbox] = {}
        self._workers: tuple[Worker, ...] = ()
        self._looked = float("-inf")
        self._client.subscribe_topic(TOPIC, self._hear)

    @property
    def is_lost(self) -> bool:
        """Whether the scheduler has gone, and did not come back in time."""
        return bool(self._client.status in ("closing", "closed"))

    @property
    def is_waiting(self) -> bool:
        """Whether the connection broke and is being made again."""
        return bool(self._client.status == "connecting")

    @property
    def dashboard(self) -> str | None:
        """Where the scheduler shows what happens; None if it shows nothing."""
        try:
            link: str | None = self._client.dashboard_link
        except (KeyError, OSError):
            return None
        return link

    def workers(self) -> tuple[Worker, ...]:
        """Returns all workers, as they were a moment ago or are now.

        Raises:
            ClusterError: the scheduler has gone.
        """
        with self._lock:
            if time.monotonic() - self._looked > _FRESH:
                told = self._reached(lambda: self._client.scheduler_info(n_workers=-1)["workers"])
                self._workers = tuple(
                    Worker(address, str(facts["name"]), int(facts["nthreads"]), dict(facts["resources"]))
                    for address, facts in told.items()
                    if facts["status"] in _PRESENT
                )
                self._looked = time.monotonic()
            return self._workers

    def label(self, address: str) -> str:
        """Returns a worker in a sentence, here or gone."""
        return next((worker.label for worker in self.workers() if worker.address == address), address)

    def versions(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, dict[str, Any]]]:
        """Returns the versions of packages in this process, in the scheduler's, and in each worker's by address.

        Raises:
            ClusterError: the scheduler has gone.
        """
        told = self._reached(lambda: self._client.get_versions(check=False, packages=list(PACKAGES[1:])))
        of_workers = {address: facts["packages"] for address, facts in told["workers"].items()}
        return told["client"]["packages"], told["scheduler"]["packages"], of_workers

    def ask(self, function: Callable[..., Any], *args: object, workers: Collection[str]) -> dict[str, Any]:
        """Returns what a function returns in each worker's process, outside of its tasks; an exception it may be.

        Args:
            function: of a module of longcon's; handed the worker as ``dask_worker``.
            args: of it.
            workers: their addresses.

        Raises:
            ClusterError: the scheduler has gone.
        """
        asked = self._client.run(function, *args, workers=list(workers), on_error="return", asynchronous=True)
        answer = asyncio.run_coroutine_threadsafe(_awaited(asked), self._loop)
        return dict(self._reached(lambda: answer.result(_ANSWERING)))

    def tell(self, function: Callable[..., Any], *args: object, workers: Collection[str]) -> None:
        """Has a function called in workers' processes some time soon, and waits for nothing."""
        with contextlib.suppress(RuntimeError):
            asked = self._client.run(function, *args, workers=list(workers), on_error="ignore", asynchronous=True)
            asyncio.run_coroutine_threadsafe(_awaited(asked), self._loop)

    def submit(
        self, function: Callable[..., Any], job: object, *, task: str, resource: str, workers: Collection[str] | None
    ) -> Task:
        """Has a function called as a task of the cluster.

        Args:
            function: of a module of longcon's.
            job: its argument.
            task: the task's key; no other task ever had it.
            resource: that a worker must offer, and has one less of meanwhile.
            workers: addresses of those that may; all when None.
        """
        inbox = self._inboxes[task] = SimpleQueue()
        future = self._client.submit(
            function,
            job,
            key=task,
            resources={resource: 1},
            workers=None if workers is None else list(workers),
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        gathered = self._client.gather(future, asynchronous=True)
        answer = asyncio.run_coroutine_threadsafe(_awaited(gathered), self._loop)
        answer.add_done_callback(lambda _: inbox.put({}))
        return Task(inbox, future, answer, lambda: self._inboxes.pop(task, None))

    def close(self) -> None:
        """Ends the connection, and with it every task that was asked for over it."""
        with contextlib.suppress(Exception):
            self._client.close(timeout=_CONNECTING)

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = self._client.loop
        assert loop is not None
        found: asyncio.AbstractEventLoop = loop.asyncio_loop
        return found

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        _, message = event
        inbox = self._inboxes.get(message.get("task", ""))
        if inbox is not None:
            inbox.put(message)

    def _reached(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (OSError, RuntimeError, concurrent.futures.CancelledError) as error:
            raise lost(self.address, type(error).__name__) from None


class Task:
    """A task of the cluster, with what it says of itself as it goes.

    Attributes:
        inbox: what it said; an empty message when it has ended, or when somebody wants to be heard.

    Args:
        inbox: of the task.
        future: Dask's.
        answer: what it returns, once that is here.
        forget: has nothing put into the inbox any more.
    """

    def __init__(
        self, inbox: Inbox, future: Future[Any], answer: concurrent.futures.Future[Any], forget: Callable[[], object]
    ) -> None:
        self.inbox = inbox
        self._future: Any = future
        self._answer, self._forget = answer, forget

    @property
    def has_ended(self) -> bool:
        """Whether its result is here."""
        return self._answer.done()

    def result(self) -> Any:
        """Returns what it returned, or raises what it raised."""
        return self._answer.result(0)

    def end(self) -> None:
        """Ends it, if it has not ended, and has the cluster forget it."""
        self._forget()
        # Whoever waits for it is told so by Dask; ended any other way, Dask would write a traceback of its own.
        with contextlib.suppress(Exception):
            self._future.cancel()


def lost(address: str, reason: str) -> ClusterError:
    """Returns the error that says that the scheduler has gone."""
    return ClusterError(
        f"The scheduler at {address} cannot be reached any more ({reason}): start it again, and run again; what was "
        "trained is kept."
    )


async def _awaited(asked: Any) -> Any:
    return await asked


def _hush() -> None:
    """Keeps Dask's log off the terminal: what the user must know of it is said in sentences."""
    for name in ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
