"""One run of a command: in a process group of its own, in a folder of its own, to its end or to its time-out."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from longcon.builds.command_folder import CommandFolder, set_out
from longcon.builds.command_log import KEPT, Tail, with_log
from longcon.errors import BuildError
from longcon.problems.command import Command

# How soon an end is seen that no closed pipe tells of.
_LOOK = 0.05
# Of what is still in the pipe when nobody writes any more; a pipe holds no more than that.
_LAST_PIECES = 16


def run_command(
    command: Command,
    values: Mapping[str, str],
    environment: Mapping[str, str],
    work: Path,
    *,
    started: Callable[[subprocess.Popen[bytes]], None],
) -> str:
    """Runs a command to its end and returns the end of its log, of standard output and standard error together.

    It is started in ``work/work``, where nothing is but the files that it may read; ``{out}`` is ``work/out``. When it
    ends, so does everything that it started and that did not leave its process group.

    Args:
        command: what to run.
        values: of the placeholders that it uses, save ``out``.
        environment: the whole environment of the process, but for TMPDIR and what Python is told.
        work: absent or empty.
        started: told the process; `end_command` ends it from another thread, and this function then raises.

    Raises:
        BuildError: it could not be started, failed, was killed, took too long, or wrote outside ``{out}``; the text
            quotes the end of its log.
        ProblemError: a file that it reads is gone.
        StoreError: ``work`` cannot be written.
    """
    folder, log = set_out(work, command.files()), Tail()
    try:
        status = _run(command, values, environment, folder, log, started)
        if status:
            raise BuildError(f"The command {_ended(status)}: correct it or what it reads.")
        folder.require_unchanged()
    except BuildError as error:
        raise with_log(error, log.text()) from error
    return log.text()


def end_command(process: subprocess.Popen[bytes]) -> None:
    """Ends a command with everything that it started; one that has ended is left alone."""
    if process.returncode is None:
        _end_group(process)


def _run(
    command: Command,
    values: Mapping[str, str],
    environment: Mapping[str, str],
    folder: CommandFolder,
    log: Tail,
    started: Callable[[subprocess.Popen[bytes]], None],
) -> int:
    try:
        process = subprocess.Popen(
            command.arguments({**values, "out": str(folder.out)}),
            cwd=folder.files,
            env={
                **environment,
                "TMPDIR": str(folder.temporary),
                # What one training left in a cache must not find its way into another.
                "XDG_CACHE_HOME": str(folder.temporary),
                "PYTHONDONTWRITEBYTECODE": "1",
                # What Python keeps in its buffers is lost when it is killed, and with it what it was at.
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise BuildError(f"The command could not be started ({error.strerror}): correct it.") from error
    assert process.stdout
    with process.stdout as pipe:
        os.set_blocking(pipe.fileno(), False)
        try:
            started(process)
            in_time = _follow(process, pipe, log, time.monotonic() + command.timeout)
        finally:
            # Before the pipe is read to its end: a grandchild may hold it open for ever.
            _end_group(process)
            status = process.wait()
        _take(pipe, log, _LAST_PIECES)
    if not in_time:
        raise BuildError(
            f"The command was still running after {command.timeout:g} seconds: give it more time, or make it end."
        )
    return status


def _follow(process: subprocess.Popen[bytes], pipe: IO[bytes], log: Tail, deadline: float) -> bool:
    """Reads the log until the command ends and returns True, or until the deadline and returns False."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        is_open = True
        while process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if not is_open:
                time.sleep(min(left, _LOOK))
            elif selector.select(min(left, _LOOK)):
                is_open = _take(pipe, log, 1)
    return True


def _take(pipe: IO[bytes], log: Tail, pieces: int) -> bool:
    """Reads what is there, in so many pieces at most, and returns whether more may come."""
    for _ in range(pieces):
        try:
            piece = os.read(pipe.fileno(), KEPT)
        except BlockingIOError:
            return True
        if not piece:
            return False
        log.add(piece)
    return True


def _end_group(process: subprocess.Popen[bytes]) -> None:
    # No such process: all have ended. Not permitted: those that are left have, and wait to be asked for their status.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _ended(status: int) -> str:
    if status > 0:
        return f"failed with exit status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:  # a real-time signal has no name
        return f"was killed by signal {-status}"
