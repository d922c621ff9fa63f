"""A process that runs pytest again and again, since most of a small validation's time goes into the import of torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Reads a job a line and answers exit code and output. Modules of tests are forgotten between runs, longcon's are not.
_PROGRAM = """
import json, os, sys, tempfile
import pytest

answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    job = json.loads(line)
    os.chdir(job["place"])
    os.environ.clear()
    os.environ.update(job["environment"])
    modules, path = set(sys.modules), list(sys.path)
    sys.path[:0] = job["path"]
    with tempfile.TemporaryFile() as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
        code = pytest.main(job["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
        told.seek(0)
        text = told.read().decode(errors="replace")
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.endswith("conftest") or name.startswith(("test_", "planted_")):
            del sys.modules[name]
    print(json.dumps([int(code), text]), file=answers, flush=True)
"""


class PytestProcess:
    """Runs pytest in one process, each time in a folder and an environment of that time.

    Args:
        python: options of the interpreter.
        environment: variables besides those of this process, also for each run.
    """

    def __init__(self, python: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        self._python, self._environment = python, dict(environment or {})
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        place: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
        path: Sequence[str] = (),
    ) -> tuple[int, str]:
        """Returns exit code and output of ``pytest *arguments``.

        Args:
            place: the working directory.
            arguments: of the command.
            environment: variables for this run alone.
            path: folders of modules for this run alone.
        """
        # What pytest tells of the run that this is part of is not for the run that is started.
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        surroundings = {**own, **self._environment}
        if self._process is None or self._process.poll() is not None:
            # -P: as for the pytest command, the working directory is no place for modules.
            command = [sys.executable, "-P", *self._python, "-c", _PROGRAM]
            self._process = subprocess.Popen(
                command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._process.stdin
        assert self._process.stdout
        job = {
            "place": str(place),
            "arguments": list(arguments),
            "environment": {**surroundings, **(environment or {})},
            "path": list(path),
        }
        print(json.dumps(job), file=self._process.stdin, flush=True)
        code, text = json.loads(self._process.stdout.readline())
        return code, text

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()
