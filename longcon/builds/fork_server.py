"""The process that build processes are forked from: it has the libraries loaded, computes nothing, and waits for jobs.

Started as ``python -m longcon.builds.fork_server`` in the environment of a device, with a socket as standard input. For
every message it receives the files of one job (standard input, output and error) and forks a process that does the job
as `worker` does, and another one beside it that tells how it ended. Loading the libraries takes longer than many a
training; each build still has a process of its own, in which nothing was computed before.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

READY = b"r"
_FILES = 3


def main() -> int:
    """Forks a process for every job until nobody can send one."""
    # The files of the jobs take these places; the socket must not be among them.
    connection = socket.socket(fileno=os.dup(0))
    from longcon.builds import worker  # noqa: F401, PLC0415 - what takes the time, before anyone waits for a job

    # Nobody here waits for those that are forked.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    connection.sendall(READY)
    while True:
        message, files, _, _ = socket.recv_fds(connection, 1, _FILES)
        if not message:
            return 0
        if os.fork() == 0:
            connection.close()
            _watch(files)
        for file in files:
            os.close(file)


def _watch(files: Sequence[int]) -> NoReturn:
    """Has the job done by a process of its own, and says at last how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # The socket of the process to fork from: where that one has ended, nobody else holds it open.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    done = os.fork()
    if done == 0:
        _do(files)
    _, status = os.waitpid(done, 0)
    _tell(files[1], status=os.waitstatus_to_exitcode(status))
    os._exit(0)


def _do(files: Sequence[int]) -> NoReturn:
    code = 1
    try:
        for place, file in enumerate(files):
            os.dup2(file, place)
            os.close(file)
        # The first thing that is said, so that it can be ended from now on.
        _tell(1, pid=os.getpid())
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(place, mode, encoding="utf-8", errors="replace", closefd=False)
            for place, mode in enumerate(("r", "w", "w"))
        )
        from longcon.builds.worker import main as work  # noqa: PLC0415 - loaded by now

        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Nothing of the process that was forked from may run at the end of this one.
        os._exit(code)


def _tell(file: int, **message: int) -> None:
    try:
        os.write(file, f"{json.dumps(message)}\n".encode())
    except BrokenPipeError:
        os._exit(0)  # whoever asked is gone


if __name__ == "__main__":
    raise SystemExit(main())
