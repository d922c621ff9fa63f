"""Processes of build jobs, forked from one in the same environment that has the libraries loaded."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from longcon.builds.fork_server import READY, end_group
from longcon.errors import BuildError, StoreError

_Key = frozenset[tuple[str, str]]


class JobProcess:
    """A process that does one job.

    Attributes:
        status: its exit status, once it has ended and that was told.

    Args:
        messages: what it says of itself, and what is said of it.
    """

    def __init__(self, messages: IO[str]) -> None:
        self._messages = messages
        self._pid: int | None = None
        self._killed = False
        self.status: int | None = None
        self._lock = threading.Lock()

    def started(self, pid: int) -> None:
        """Keeps its number; it is killed at once if that was asked for before."""
        with self._lock:
            self._pid = pid
            if self._killed:
                self._kill()

    def ended(self, status: int) -> None:
        """Keeps how it ended: its number may be another process's now."""
        with self._lock:
            self._pid, self.status = None, status

    def kill(self) -> None:
        """Kills it, now or as soon as its number is known."""
        with self._lock:
            self._killed = True
            self._kill()

    def lines(self) -> Generator[str, None, None]:
        """Yields what it says, line by line, until nobody says any more."""
        with self._messages:
            yield from filter(str.strip, self._messages)

    def _kill(self) -> None:
        if self._pid is not None:
            end_group(self._pid)


class ForkServers:
    """One process to fork from for each environment, started when it is first needed."""

    def __init__(self) -> None:
        self._servers: dict[_Key, _Server] = {}
        self._locks: dict[_Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def start(self, environment: Mapping[str, str], job: str, log: IO[bytes], what: str) -> JobProcess:
        """Starts a process that does a job.

        Args:
            environment: the whole environment of the process.
            job: as JSON.
            log: where its standard output and error go.
            what: that is done, for errors.

        Raises:
            BuildError: no process can be started in this environment; the text quotes its last words.
            StoreError: there is no room for the job.
        """
        key = frozenset(environment.items())
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._servers:
                self._servers[key] = _Server(environment, what)
            try:
                return self._servers[key].start(job, log)
            except BuildError:
                # A worker of a cluster outlives the run: its next one is to have a new process to be forked from.
                self._servers.pop(key).close()
                raise

    def close(self) -> None:
        """Ends the processes to fork from; those that were forked go on."""
        with self._lock:
            locks = dict(self._locks)
        for key, lock in locks.items():
            # One that is being started is waited for: it would be left behind.
            with lock:
                server = self._servers.pop(key, None)
                if server is not None:
                    server.close()


class _Server:
    def __init__(self, environment: Mapping[str, str], what: str) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        places = [str(Path(__file__).resolve().parents[2]), *filter(None, [environment.get("PYTHONPATH")])]
        with temporary_file() as log, theirs:
            self._process = subprocess.Popen(
                # -P: a file of the user's in the working directory must not stand in for a module.
                [sys.executable, "-P", "-m", "longcon.builds.fork_server"],
                env={**environment, "PYTHONPATH": os.pathsep.join(places)},
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=log,
                # Ctrl-C is for the run, which ends its builds itself.
                start_new_session=True,
            )
            theirs.close()
            if self._connection.recv(1) == READY:
                return
            status = self._process.wait()
            self._connection.close()
            log.seek(0)
            raise BuildError(f"{what} ended with exit status {status}; its last words: {last_words(log)}")

    def start(self, job: str, log: IO[bytes]) -> JobProcess:
        with temporary_file(job.encode()) as given:
            read, write = os.pipe()
            try:
                socket.send_fds(self._connection, [b"j"], [given.fileno(), write, log.fileno()])
            except OSError:
                os.close(read)
                raise BuildError("The process that builds are forked from was ended: run again.") from None
            finally:
                os.close(write)
        return JobProcess(os.fdopen(read, encoding="utf-8", errors="replace"))

    def close(self) -> None:
        self._connection.close()
        self._process.wait()


def temporary_file(content: bytes = b"") -> IO[bytes]:
    """Returns a file without a name, at its beginning.

    Raises:
        StoreError: there is no room for it.
    """
    try:
        with ExitStack() as unless_written:
            file = unless_written.enter_context(tempfile.TemporaryFile())
            file.write(content)
            file.seek(0)
            unless_written.pop_all()
            return file
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            f"A temporary file could not be written ({reason}): make room or rights for it, or set TMPDIR to another "
            "folder."
        ) from error


def last_words(log: IO[bytes]) -> str:
    """Returns the last line of a log that holds anything."""
    lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "none"
