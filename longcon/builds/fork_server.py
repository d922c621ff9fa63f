"""The process that build processes are forked from: it has the libraries loaded, computes nothing, and waits for jobs.

Started as ``python -m longcon.builds.fork_server`` in the environment of a device, with a socket as standard input. For
every message it receives the files of one job (standard input, where to tell how it goes, and the log, which is
standard output and error) and forks a process that does the job as `worker` does, and another one beside it that tells
how it ended, or ends it when nobody listens any more. Loading the libraries takes longer than many a training; each
build still has a process of its own, in which nothing was computed before.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import threading
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


def end_group(pid: int) -> None:
    """Kills a job's process with everything that it started; one that has ended is left alone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _watch(files: Sequence[int]) -> NoReturn:
    """Has the job done by a process of its own, and says at last how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # The socket of the process to fork from: where that one has ended, nobody else holds it open.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    done = os.fork()
    if done == 0:
        _do(*files)
    messages = files[1]
    threading.Thread(target=_end_unheard, args=(messages, done), daemon=True).start()
    _, status = os.waitpid(done, 0)
    # What it started and left behind; its number is that of a group for as long as there is any.
    end_group(done)
    # On a line of its own: the last message may have been cut.
    _tell(messages, status=os.waitstatus_to_exitcode(status))
    os._exit(0)


def _end_unheard(messages: int, done: int) -> None:
    """Ends a job when nobody can hear how it goes: whoever asked for it was killed, and another may ask again."""
    deaf = select.poll()
    deaf.register(messages, 0)  # that the other end is closed is told unasked
    deaf.poll()
    end_group(done)


def _do(given: int, messages: int, log: int) -> NoReturn:
    code = 1
    try:
        # So that it is ended with whatever it starts.
        os.setpgid(0, 0)
        for place, file in enumerate((given, log, log)):
            os.dup2(file, place)
        for file in (given, log):
            os.close(file)
        # The first thing that is said, so that it can be ended from now on.
        _tell(messages, pid=os.getpid())
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(place, mode, encoding="utf-8", errors="replace", closefd=False)
            for place, mode in enumerate(("r", "w", "w"))
        )
        from longcon.builds.worker import main as work  # noqa: PLC0415 - loaded by now

        os.set_inheritable(messages, False)
        code = work(os.fdopen(messages, "w", encoding="utf-8"))
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Nothing of the process that was forked from may run at the end of this one.
        os._exit(code)


def _tell(file: int, **message: int) -> None:
    try:
        os.write(file, f"\n{json.dumps(message)}\n".encode())
    except BrokenPipeError:
        os._exit(0)  # whoever asked is gone


if __name__ == "__main__":
    raise SystemExit(main())
